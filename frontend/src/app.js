import "./styles/app.css";

import { startClocks } from "./app/clocks.js";
import { startDialogs } from "./app/dialogs.js";
import { startFiles } from "./app/files.js";
import { startHtmx } from "./app/htmx.js";
import { startIslands } from "./app/islands.js";
import { startKeyboard } from "./app/keyboard.js";
import { startList } from "./app/list.js";
import { startPalette } from "./app/palette.js";
import { startPreferences } from "./app/preferences.js";
import { startToasts } from "./app/toasts.js";

startPreferences();
startHtmx();
startClocks();
startToasts();
startDialogs();
startPalette();
startKeyboard();
startList();
startFiles();
startIslands();
document.body.dataset.ready = "1";
