/** Makes elements; what stands in them always goes through textContent. Knows no page. */

/**
 * @param {string} tag
 * @param {object} properties `text`, `className`, and properties of the element
 * @param {(Node|string)[]} children
 */
export function make(tag, { text, className, ...properties } = {}, children = []) {
  const element = Object.assign(document.createElement(tag), properties);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  element.append(...children.filter((child) => child !== ""));
  return element;
}
