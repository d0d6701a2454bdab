// The payloads that the client builds for Windows and for Windows Phone: each is
// sent, and registered as a template.
import assert from "node:assert/strict";
import { check } from "../lib/check.mjs";
import { gets, handles } from "../lib/devices.mjs";
import { hex } from "../lib/hub.mjs";
import { call, hub, sent } from "./calls.mjs";

const payloadOf = { wns: (built) => built, mpns: (built) => built.getXmlPayload() };

/** parts are as many texts as a payload has parts, one of which is said. */
function parts(service, template, text) {
  if (template === "Raw") return [`<root><value>${text}</value></root>`];
  for (let n = 1; ; n++) {
    const all = Array(n).fill(text);
    try {
      service["create" + template](...all);
      return all;
    } catch (e) {
      if (!/parameter/.test(e.message)) throw e;
    }
  }
}

export async function windows() {
  for (const name of ["wns", "mpns"]) {
    const service = hub[name], tag = `${name}-${hex(5)}`, handle = handles[name]();
    const built = (template, text) => payloadOf[name](service["create" + template](...parts(service, template, text)));
    const templates = Object.keys(service).filter((member) => /^create(?!OrUpdate).*(?<!Registration)$/.test(member)).map((member) => member.slice("create".length));
    const native = await call(service, "createNativeRegistration", handle, [tag]);
    for (const template of templates) await check(`send ${template} to ${name}`, () =>
      sent([gets[name](handle, built(template, "Hi"))], service, "send" + template, [tag], ...parts(service, template, "Hi")));
    await check(`templates of ${name}, each registered`, async () => {
      const devices = [], ids = [native.RegistrationId];
      for (const template of templates) {
        const channel = handles[name](), args = (text) => [channel, [tag], ...parts(service, template, text)];
        const made = await call(service, `create${template}Registration`, ...args("old"));
        const put = await call(service, `createOrUpdate${template}Registration`, made.RegistrationId, ...args("older"));
        const updated = await call(service, `update${template}Registration`, made.RegistrationId, ...args("$(text)"));
        assert.deepEqual([put.ETag, updated.ETag, updated.ChannelUri, updated.BodyTemplate], ["2", "3", channel, built(template, "$(text)")]);
        devices.push(gets[name](channel, built(template, "Hello")));
        ids.push(made.RegistrationId);
      }
      assert.ok(devices.length > 3, "templates");
      await sent(devices, hub, "send", tag, { text: "Hello" });
      for (const id of ids) await call(hub, "deleteRegistration", id);
    });
  }
}
