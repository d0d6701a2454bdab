// Checks, one after the other. Each is a line of JSON on standard output, which
// the Go test that runs the script makes a test of its own.

export async function check(name, body) {
  let error = "";
  try {
    await body();
  } catch (e) {
    error = e?.stack ?? String(e) ?? "it failed";
  }
  console.log(JSON.stringify({ check: name, error }));
}

/** finish says that the script came to its end. */
export function finish() {
  console.log(JSON.stringify({ finished: true }));
}

const offered = new Map(); // by the name of an operation: how often it was called

/**
 * watch returns the object with its operations counted. They are what the
 * client offers: the functions in it and in its class that are not its own
 * affair, which begin with _, and of which wanted is true.
 */
export function watch(object, prefix, wanted = () => true) {
  const names = new Set([...Object.keys(object), ...Object.getOwnPropertyNames(Object.getPrototypeOf(object))]);
  for (const name of names) {
    if (name === "constructor" || name.startsWith("_") || typeof object[name] !== "function" || !wanted(name)) continue;
    offered.set(prefix + name, 0);
    const operation = object[name];
    object[name] = function (...args) {
      offered.set(prefix + name, offered.get(prefix + name) + 1);
      return operation.apply(this, args);
    };
  }
  return object;
}

/** unused are the operations that were never called. */
export const unused = () => [...offered].filter(([, calls]) => calls === 0).map(([name]) => name);
