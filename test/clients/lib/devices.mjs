// What the simulated devices got: see docs/simulator-api.md.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { hex, ready } from "./hub.mjs";

const api = ready.simulators.api;

async function get(path) {
  const answer = await fetch(api + path);
  if (!answer.ok) throw new Error(`GET ${api + path}: ${answer.status} ${await answer.text()}`);
  return answer;
}

/** last is the number of the newest push. */
const last = async () => (await (await get("")).json()).last;

/** since are the pushes with a higher number, with their bodies as they came. */
async function since(number) {
  const pushes = [];
  for (let more = true; more; ) {
    const page = await (await get(`/pushes?limit=1000&after=${number}`)).json();
    pushes.push(...page.pushes);
    ({ next: number, more } = page);
  }
  for (const push of pushes) push.body = Buffer.from(await (await get(`/pushes/${push.number}/body`)).arrayBuffer());
  return pushes;
}

/**
 * arrive runs a send, which must end only when all is delivered, and holds
 * everything that devices got meanwhile against what they should: those devices,
 * those bytes, once each, and nobody anything else.
 */
export async function arrive(wanted, send) {
  const before = await last();
  const result = await send();
  const order = (a, b) => (a.device < b.device ? -1 : a.device > b.device ? 1 : 0);
  const got = (await since(before)).map((push) => ({ ...push, device: `${push.service} ${push.handle}` })).sort(order);
  const want = wanted.map((w) => ({ ...w, device: `${w.service} ${w.handle}` })).sort(order);
  assert.deepEqual(got.map((push) => push.device), want.map((w) => w.device), "the devices that got it");
  for (const [i, w] of want.entries()) {
    if ("text" in w) assert.equal(got[i].body.toString(), w.text, w.device);
    if ("json" in w) assert.deepEqual(JSON.parse(got[i].body), w.json, w.device);
    for (const [name, value] of Object.entries(w.header ?? {})) assert.deepEqual(got[i].header[name], [value], `${w.device}: ${name}`);
  }
  return result;
}

/** browser subscribes a browser that reads what is pushed to it. */
export async function browser() {
  const answer = await fetch(`${api}/services/browser/subscriptions`, { method: "POST" });
  const { endpoint, keys } = await answer.json();
  return { endpoint, p256dh: keys.p256dh, auth: keys.auth };
}

// New handles, each a live device of its own.
export const handles = {
  apns: () => hex(32).toUpperCase(),
  fcm: () => "fcm-" + hex(20),
  wns: () => `https://db5.notify.windows.com/?token=${hex(20)}&b=c`,
  mpns: () => `https://db5.notify.live.net/unthrottledthirdparty/01.00/${hex(20)}`,
  adm: () => "amzn1.adm-registration.v2." + hex(20),
  baidu: () => [`1${parseInt(hex(5), 16)}`, `2${parseInt(hex(5), 16)}`],
  xiaomi: () => "xm-" + hex(20),
};

// What a device of each service gets of a payload. APNs, WNS, MPNS, Baidu and a
// browser get its very bytes; the others what their services ask a sender to
// write into it.
const bytes = (service) => (handle, text, header) => ({ service, handle, text, header });
export const gets = {
  apns: (handle, text, header) => bytes("apns")(handle.toLowerCase(), text, header),
  wns: bytes("wns"),
  mpns: bytes("mpns"),
  baidu: ([, channel], text, header) => bytes("baidu")("-" + channel, text, header), // it knows a device by its channel alone
  browser: (handle, text) => bytes("browser")(handle.endpoint, text),
  fcm: (handle, text) => ({ service: "fcm", handle, json: { message: { ...JSON.parse(text).message, token: handle } } }),
  gcm: (handle, text) => ({ service: "fcm", handle, json: { message: { data: JSON.parse(text).data, token: handle } } }),
  adm: (handle, text) => ({ service: "adm", handle, json: { ...JSON.parse(text), md5: checksum(JSON.parse(text).data) } }),
  xiaomi: (handle, text) => ({ service: "xiaomi", handle, json: JSON.parse(text) }),
};

// checksum is ADM's, of the pairs in the order of their keys.
function checksum(data) {
  const pairs = Object.entries(data).sort().map(([key, value]) => `${key}:${value}`);
  return createHash("md5").update(pairs.join(",")).digest("base64");
}
