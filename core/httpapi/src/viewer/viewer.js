"use strict";
// Shows doc.json: routes by their first word, each with its parameters, its body and its answers. Every text of the
// document is set as text, never as markup.
const at = (id) => document.getElementById(id);
const make = (name, text, ...children) => {
  const element = document.createElement(name);
  if (text) element.textContent = text;
  element.append(...children);
  return element;
};

function shape(doc, schema, seen = []) {
  if (!schema) return null;
  if (schema.$ref) {
    const name = schema.$ref.split("/").pop();
    return seen.includes(name) ? name : shape(doc, doc.components.schemas[name], [...seen, name]);
  }
  for (const many of ["oneOf", "anyOf"]) {
    const some = (schema[many] || []).find((one) => one.type !== "null");
    if (some) return schema.oneOf?.every((one) => one.const || one.enum) ? words(schema[many]) : shape(doc, some, seen);
  }
  if (schema.allOf) return Object.assign({}, ...schema.allOf.map((part) => shape(doc, part, seen)));
  if (schema.enum) return schema.enum.join(" | ");
  if (schema.properties) {
    const entries = Object.entries(schema.properties).map(([name, part]) => {
      const key = (schema.required || []).includes(name) ? name : name + "?";
      return [key, shape(doc, part, seen)];
    });
    return Object.fromEntries(entries);
  }
  if (schema.items) return [shape(doc, schema.items, seen)];
  return [].concat(schema.type || "any").join(" | ");
}

const words = (some) => some.flatMap((one) => one.enum || [one.const]).join(" | ");

function part(title, doc, schema) {
  if (!schema) return [];
  return [make("h3", title), make("pre", JSON.stringify(shape(doc, schema), null, 2))];
}

function route(doc, method, path, operation) {
  const head = make("summary", "", make("code", method.toUpperCase()), make("code", path), make("span", operation.summary));
  const body = [];
  if (operation.parameters) {
    const list = operation.parameters.map((one) => {
      const need = one.required ? "" : ", may be left out";
      return make("li", "", make("code", one.name), ` (${one.in}${need}) ${one.description || ""}`);
    });
    body.push(make("h3", "Parameters"), make("ul", "", ...list));
  }
  body.push(...part("Body", doc, operation.requestBody?.content?.["application/json"]?.schema));
  for (const [status, answer] of Object.entries(operation.responses)) {
    if (status.startsWith("2")) {
      const [kind, media] = Object.entries(answer.content || {})[0] || [];
      body.push(...part(`${status} ${kind || ""}`, doc, media?.schema));
    }
  }
  const details = make("details", "", head, ...body);
  details.dataset.words = `${method} ${path} ${operation.summary}`.toLowerCase();
  return details;
}

function show(doc) {
  at("about").textContent = `${doc.info.description} Version ${doc.info.version}.`;
  const groups = new Map();
  for (const [path, methods] of Object.entries(doc.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const tag = operation.tags[0];
      groups.set(tag, [...(groups.get(tag) || []), route(doc, method, path, operation)]);
    }
  }
  at("routes").replaceChildren(...[...groups].map(([tag, routes]) => make("section", "", make("h2", tag), ...routes)));
  at("find").addEventListener("input", () => {
    const wanted = at("find").value.toLowerCase();
    for (const one of document.querySelectorAll("details")) one.hidden = !one.dataset.words.includes(wanted);
  });
}

fetch("doc.json").then((answer) => answer.json()).then(show, (error) => {
  at("routes").textContent = `The document cannot be read: ${error.message}`;
});
