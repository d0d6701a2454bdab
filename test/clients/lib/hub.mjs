// The hub that the Go test started, and what a test asks it itself.
import { createHmac, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";

/** ready is what fanfare dev wrote once it served. */
export const ready = JSON.parse(readFileSync(process.env.READY_FILE, "utf8"));

const part = (name) => ready.connectionString.match(new RegExp(`(?:^|;)${name}=([^;]*)`))[1];

/** sign makes a token for everything at the endpoint. */
export function sign() {
  const sr = encodeURIComponent(ready.endpoint.toLowerCase()), se = Math.floor(Date.now() / 1000) + 300;
  const sig = createHmac("sha256", part("SharedAccessKey")).update(`${sr}\n${se}`).digest("base64");
  return `SharedAccessSignature sr=${sr}&sig=${encodeURIComponent(sig)}&se=${se}&skn=${part("SharedAccessKeyName")}`;
}

/** ask asks the hub for what stands at an address; the answer must be a 200. */
export async function ask(address) {
  const answer = await fetch(address, { headers: { authorization: sign() } });
  const text = await answer.text();
  if (answer.status !== 200) throw new Error(`GET ${address}: ${answer.status} ${text}`);
  return text;
}

/**
 * until asks again, every 20 ms and for a minute at most, until what it got will
 * do, and returns that.
 */
export async function until(get, enough) {
  for (const end = Date.now() + 60_000; ; ) {
    const got = await get();
    if (enough(got)) return got;
    if (Date.now() > end) throw new Error(`it did not come about in time: ${JSON.stringify(got)}`);
    await new Promise((resume) => setTimeout(resume, 20));
  }
}

const final = /<State>(Completed|NoTargetFound|Abandoned|Canceled)<\/State>/;

/**
 * finished waits until a send has reached all that it reaches, and returns its
 * telemetry. Of a Location only the path counts: azure-sb sends a Host without
 * the port, and gets it back without.
 */
export function finished(location) {
  const { pathname, search } = new URL(location);
  return until(() => ask(new URL(pathname + search, ready.endpoint)), (text) => final.test(text));
}

export const hex = (bytes) => randomBytes(bytes).toString("hex");

/** all collects what an asynchronous iterator gives. */
export async function all(iterator) {
  const list = [];
  for await (const each of iterator) list.push(each);
  return list;
}
