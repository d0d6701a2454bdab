// Registrations of every kind but those of WNS and MPNS that are made from their
// own templates: see windows.mjs.
import assert from "node:assert/strict";
import { check } from "../lib/check.mjs";
import { gets, handles } from "../lib/devices.mjs";
import { hex } from "../lib/hub.mjs";
import { call, hub, refused, sent } from "./calls.mjs";

// kinds, by the client's name of the push service: what it calls a raw template,
// its list by handle, its send of a native payload, and the member that has the
// handle.
const kinds = {
  apns: {
    handle: handles.apns, gets: gets.apns, member: "DeviceToken", template: "Template", list: "listRegistrationsByToken",
    payload: (text) => JSON.stringify({ aps: { alert: text } }), options: { headers: { "apns-priority": "5" } }, update: "updateTemplateRegistration",
    send: (tags, payload) => [tags, payload],
  },
  gcm: {
    handle: handles.fcm, gets: gets.gcm, member: "GcmRegistrationId", template: "Template", list: "listRegistrationsByGcmRegistrationId",
    payload: (text) => JSON.stringify({ data: { msg: text } }), options: {}, update: "updateTemplateRegistration",
    send: (tags, payload) => [tags, payload],
  },
  wns: {
    handle: handles.wns, gets: gets.wns, member: "ChannelUri", template: "RawTemplate", list: "listRegistrationsByChannel",
    payload: (text) => `<badge value="${text}"/>`, options: { headers: { "X-WNS-Type": "wns/badge" } }, update: "updatesRawTemplateRegistration",
    send: (tags, payload) => [tags, payload, "wns/badge"],
  },
  mpns: {
    handle: handles.mpns, gets: gets.mpns, member: "ChannelUri", template: "RawTemplate", list: "listRegistrationsByChannel",
    payload: (text) => `<root><value>${text}</value></root>`, options: { headers: { "X-NotificationClass": "3" } }, update: "updatesRawTemplateRegistration",
    send: (tags, payload) => [tags, payload, undefined, 3, { headers: {} }],
  },
};

export async function registrations() {
  for (const name of Object.keys(kinds)) {
    await check(`native registration of ${name}`, () => native(name));
    await check(`template registration of ${name}`, () => template(name));
  }
  await check("registration: a new id each time", async () => assert.notEqual(await call(hub, "createRegistrationId"), await call(hub, "createRegistrationId")));
  await check("registration that is not there", async () => {
    await assert.rejects(call(hub, "getRegistration", "1-2-3"), refused(404));
    await assert.rejects(call(hub, "deleteRegistration", "1-2-3"), refused(404));
  });
  await lists();
}

const one = (list) => {
  assert.equal(list.length, 1, JSON.stringify(list));
  return list[0];
};

async function native(name) {
  const kind = kinds[name], service = hub[name], handle = kind.handle(), tag = "native-" + hex(6);
  const made = await call(service, "createNativeRegistration", handle, [tag, "x"]);
  assert.deepEqual([made[kind.member], made.Tags, made.ETag], [handle, `${tag},x`, "1"]);
  const got = await call(hub, "getRegistration", made.RegistrationId);
  assert.deepEqual([got[kind.member], got.ETag], [handle, "1"]);
  assert.equal(one(await call(service, kind.list, handle, { top: 5 })).RegistrationId, made.RegistrationId);
  const untagged = await call(service, "createOrUpdateNativeRegistration", made.RegistrationId, handle, []);
  assert.deepEqual([untagged.Tags, untagged.ETag], [undefined, "2"]);
  got.Tags = tag + "2";
  await assert.rejects(call(hub, "updateRegistration", structuredClone(got), { etag: "1" }), refused(412));
  assert.equal((await call(hub, "updateRegistration", structuredClone(got))).Tags, tag + "2");
  assert.equal((await call(hub, "createOrUpdateRegistration", structuredClone(got))).ETag, "4");
  const payload = kind.payload("5");
  await sent([kind.gets(handle, payload)], service, "send", ...kind.send([tag + "2", tag], payload));
  await assert.rejects(call(hub, "deleteRegistration", made.RegistrationId, { etag: "3" }), refused(412));
  await call(hub, "deleteRegistration", made.RegistrationId, { etag: "4" });
  await assert.rejects(call(hub, "getRegistration", made.RegistrationId), refused(404));
}

async function template(name) {
  const kind = kinds[name], service = hub[name], handle = kind.handle(), tag = "template-" + hex(6);
  const body = kind.payload("$(text)"), options = () => structuredClone(kind.options);
  const made = await call(service, `create${kind.template}Registration`, handle, [tag], body, options());
  assert.deepEqual([made[kind.member], made.BodyTemplate, made.Tags], [handle, body, tag]);
  await sent([kind.gets(handle, kind.payload("5"))], hub, "send", [tag], { text: "5" });
  const second = kind.payload("$(other)");
  assert.equal((await call(service, `createOrUpdate${kind.template}Registration`, made.RegistrationId, handle, [tag], second, options())).BodyTemplate, second);
  await assert.rejects(call(service, kind.update, made.RegistrationId, handle, [tag], body, { ...options(), etag: "1" }), refused(412));
  assert.equal((await call(service, kind.update, made.RegistrationId, handle, [tag], body, { ...options(), etag: "2" })).ETag, "3");
  await sent([kind.gets(handle, kind.payload("7"))], hub, "send", tag, JSON.stringify({ text: "7", other: "8" }));
  await call(hub, "deleteRegistration", made.RegistrationId);
}

async function lists() {
  const tag = "list-" + hex(6), ids = [];
  for (let i = 0; i < 3; i++) ids.push((await call(hub.apns, "createNativeRegistration", handles.apns(), [tag])).RegistrationId);
  await check("list by tag, and its first page", async () => {
    assert.deepEqual((await call(hub, "listRegistrationsByTag", tag)).map((r) => r.RegistrationId), ids);
    assert.deepEqual((await call(hub, "listRegistrationsByTag", tag, { top: 2 })).map((r) => r.RegistrationId), ids.slice(0, 2));
    assert.deepEqual(await call(hub, "listRegistrationsByTag", tag + "x"), []);
  });
  await check("list of all, and its first page", async () => {
    assert.deepEqual((await call(hub, "listRegistrations")).map((r) => r.RegistrationId), ids);
    assert.equal(one(await call(hub, "listRegistrations", { top: 1 })).RegistrationId, ids[0]);
    await assert.rejects(call(hub, "listRegistrations", { top: 1, skip: 1 }), refused(400, "$skip is not supported"));
  });
  for (const id of ids) await call(hub, "deleteRegistration", id);
}
