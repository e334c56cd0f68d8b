/**
 * The values that the person may change, out of a form's data: keys of read-only, disabled and purely shown fields
 * are context, and the server would refuse them.
 */
export function editableValues(form, data) {
  const fields = form.get("formFieldRegistry");
  const values = {};
  for (const { id, valuePath } of form.get("formFieldInstanceRegistry").getAllKeyed()) {
    const { disabled, readonly, type } = fields.get(id);
    const key = valuePath[0];
    if (!disabled && !readonly && type !== "expression" && key in data) values[key] = data[key];
  }
  return values;
}

/**
 * Errors of the server, [{field, message}], in the form library's shape {field id: [message]}; `others` are those
 * whose field the form does not show.
 */
export function placeErrors(form, errors) {
  const instances = form.get("formFieldInstanceRegistry").getAllKeyed();
  const placed = {};
  const others = [];
  for (const { field, message } of errors) {
    const found = instances.find(({ valuePath }) => valuePath.join(".") === field);
    if (!found) others.push(message);
    else (placed[found.id] ??= []).push(message);
  }
  return { placed, others };
}

/** Each field with an error, in the order of the form: [{id, label, message}]. */
export function listErrors(form, errors) {
  return form
    .get("formFieldRegistry")
    .getAll()
    .filter(({ id }) => errors[id])
    .map((field) => ({ id: field.id, label: labelOf(field), message: firstMessage(errors[field.id]) }));
}

/** A date and a time have a label each. */
function labelOf({ label, dateLabel, timeLabel, key }) {
  return label || dateLabel || timeLabel || key;
}

/** Rows of a repeated group nest their messages by row number. */
function firstMessage(errors) {
  return Array.isArray(errors) ? errors[0] : firstMessage(Object.values(errors)[0]);
}
