const YEAR_SECONDS = 31_536_000;
const dark = matchMedia("(prefers-color-scheme: dark)");

/**
 * Theme and density. Buttons carry data-set-theme="light|dark|system" or data-set-density="comfortable|compact";
 * data-toggle-theme and data-toggle-density change to the other one. The choice is kept in the cookies
 * laneway_theme and laneway_density, so the server can write it into <html> and no page flashes.
 */
export function startPreferences() {
  showTheme(cookie("laneway_theme"));
  if (cookie("laneway_density")) document.documentElement.dataset.density = cookie("laneway_density");
  dark.addEventListener("change", () => showTheme(cookie("laneway_theme")));
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-set-theme],[data-set-density],[data-toggle-theme],[data-toggle-density]");
    if (button) choose(button.dataset);
  });
}

function choose(choice) {
  const root = document.documentElement.dataset;
  if ("setTheme" in choice) setTheme(choice.setTheme);
  else if ("toggleTheme" in choice) setTheme(root.theme === "dark" ? "light" : "dark");
  else if ("setDensity" in choice) setDensity(choice.setDensity);
  else setDensity(root.density === "compact" ? "comfortable" : "compact");
}

function setTheme(theme) {
  remember("laneway_theme", theme);
  showTheme(theme);
}

function setDensity(density) {
  remember("laneway_density", density);
  document.documentElement.dataset.density = density;
}

/** Always an explicit theme: a few rules (the plate under the bpmn.io mark) know only the attribute. */
function showTheme(theme) {
  const chosen = theme === "light" || theme === "dark" ? theme : dark.matches ? "dark" : "light";
  document.documentElement.dataset.theme = chosen;
}

function remember(name, value) {
  document.cookie = `${name}=${encodeURIComponent(value)}; path=/; max-age=${YEAR_SECONDS}; samesite=lax`;
}

function cookie(name) {
  const found = document.cookie.split("; ").find((part) => part.startsWith(`${name}=`));
  return found ? decodeURIComponent(found.slice(name.length + 1)) : "";
}
