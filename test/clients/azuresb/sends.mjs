// What is particular to this client's sends.
import { check } from "../lib/check.mjs";
import assert from "node:assert/strict";
import { gets, handles } from "../lib/devices.mjs";
import { hex } from "../lib/hub.mjs";
import { call, hub, refused, sent } from "./calls.mjs";

export async function sends() {
  const run = hex(5), tag = (name) => `${name}-${run}`, ids = [];
  const register = async (name, handle, ...tags) => {
    ids.push((await call(hub[name], "createNativeRegistration", handle, tags.map(tag))).RegistrationId);
    return handle;
  };
  const [a, b, ab] = [await register("apns", handles.apns(), "a"), await register("apns", handles.apns(), "b"), await register("apns", handles.apns(), "a", "b")];
  const fcm = await register("gcm", handles.fcm(), "a"), wns = await register("wns", handles.wns(), "a");
  const alert = JSON.stringify({ aps: { alert: "Hi" } });
  const apns = (...who) => who.map((handle) => gets.apns(handle, alert));

  await check("tags in a list", () => sent(apns(a, b, ab), hub.apns, "send", [tag("a"), tag("b")], alert));
  await check("an expression", () => sent(apns(a), hub.apns, "send", `${tag("a")} && !${tag("b")}`, alert));
  await check("an expression that is none", () => assert.rejects(call(hub.apns, "send", `${tag("a")} &&`, alert), refused(400)));
  await check("everybody of a push service", () => sent(apns(a, b, ab), hub.apns, "send", null, alert));
  await check("nobody", () => sent([], hub.apns, "send", tag("nobody"), alert));
  await check("an object for APNs, with what becomes headers", async () => {
    const wanted = { ...gets.apns(b, JSON.stringify({ aps: { alert: "Grüße 🌍" }, k: 1 })), header: { "Apns-Priority": "5", "Apns-Expiration": "1893456000" } };
    await sent([{ ...wanted }, { ...wanted, handle: ab.toLowerCase() }], hub.apns, "send", tag("b"), { alert: "Grüße 🌍", expiry: "2030-01-01T00:00:00Z", priority: 5, payload: { k: 1 } });
  });
  await check("an object for FCM", () => sent([gets.gcm(fcm, '{"data":{"k":"v"}}')], hub.gcm, "send", [tag("a")], { data: { k: "v" } }));
  await check("a badge", () => sent([gets.wns(wns, '<badge value="5" version="1"/>', { "X-Wns-Type": "wns/badge" })], hub.wns, "sendBadge", tag("a"), 5));
  await check("raw bytes", () => sent([gets.wns(wns, "raw & bytes", { "X-Wns-Type": "wns/raw" })], hub.wns, "sendRaw", tag("a"), "raw & bytes"));
  for (const id of ids) await call(hub, "deleteRegistration", id);
}
