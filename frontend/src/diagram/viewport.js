/** Height below a drawing that stays free, so that nothing lies under the bpmn.io mark. */
export const MARK_HEIGHT = 34;

const PADDING = 16;
const LARGEST_SCALE = 1.1;
/** At less than this, a diagram's words are too small to read. */
const READABLE_SCALE = 0.6;
/** Width of diagram that a mini view shows around the current step: about three steps. */
const MINI_WIDTH = 340;

/**
 * The part of a diagram to show so that all of `bounds` is visible in `size` above the mark.
 * Both are {x, y, width, height} and {width, height}, the first in diagram units, the second in pixels.
 */
export function fitAll(bounds, size) {
  const scale = Math.min(
    (size.width - 2 * PADDING) / bounds.width,
    (size.height - PADDING - MARK_HEIGHT) / bounds.height,
    LARGEST_SCALE,
  );
  const width = size.width / scale;
  const height = size.height / scale;
  return {
    x: bounds.x - (width - bounds.width) / 2,
    y: bounds.y - (height - MARK_HEIGHT / scale - bounds.height) / 2,
    width,
    height,
  };
}

/** The part of a diagram around one element, which sits in the middle of what lies above the mark. */
export function around(element, size) {
  const width = Math.max(MINI_WIDTH, element.width + 2 * PADDING, size.width / LARGEST_SCALE);
  const scale = size.width / width;
  const height = size.height / scale;
  return {
    x: element.x + element.width / 2 - width / 2,
    y: element.y + element.height / 2 - (height - MARK_HEIGHT / scale) / 2,
    width,
    height,
  };
}

/**
 * The part to show first of a diagram with a case in it: all of it, or where that would be too small to read, its
 * whole width at the height of `elements`, the steps where the case stands.
 */
export function fitSteps(bounds, size, elements) {
  const all = fitAll(bounds, size);
  const scale = Math.min((size.width - 2 * PADDING) / bounds.width, LARGEST_SCALE);
  if (!elements.length || size.width / all.width >= READABLE_SCALE || size.width / all.width >= scale) return all;
  const width = size.width / scale;
  const height = size.height / scale;
  const top = Math.min(...elements.map((element) => element.y));
  const bottom = Math.max(...elements.map((element) => element.y + element.height));
  const lowest = bounds.y + bounds.height + (PADDING + MARK_HEIGHT) / scale - height;
  const middle = (top + bottom) / 2 - (height - MARK_HEIGHT / scale) / 2;
  const y = Math.max(bounds.y - PADDING / scale, Math.min(middle, lowest));
  return { x: bounds.x - (width - bounds.width) / 2, y, width, height };
}
