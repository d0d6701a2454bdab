// Installations: every platform, patches, and what devices get by them.
import assert from "node:assert/strict";
import { check } from "../lib/check.mjs";
import { all, hex } from "../lib/hub.mjs";
import { arrive } from "../lib/devices.mjs";
import { handleOf, kinds } from "./kinds.mjs";
import { completed, delivered, status } from "./sent.mjs";

const installed = Object.keys(kinds).filter((name) => kinds[name].install);

export async function installations(c) {
  for (const name of installed) await check(`installation of ${name}`, async () => {
    const kind = kinds[name], handle = await kind.handle(), installationId = `i-${hex(6)}`, tag = "installed-" + hex(6);
    const headers = name === "Windows" ? { "X-WNS-Type": "wns/toast" } : undefined; // a template for APNs has none here
    const header = headers ? kind.header : {};
    const want = kind.install({
      installationId, pushChannel: handleOf(kind, handle), userId: "u." + hex(4), tags: [tag], templates: { greeting: { body: kind.payload("$(text)"), headers, tags: [tag + "t"] } },
    });
    await c.createOrUpdateInstallation(want);
    const got = await c.getInstallation(installationId);
    assert.deepEqual([got.installationId, got.platform, got.userId, got.pushChannel, got.tags], [installationId, want.platform, want.userId, want.pushChannel, [tag]]);
    assert.deepEqual([got.templates.greeting.body, got.templates.greeting.tags.includes(tag + "t")], [want.templates.greeting.body, true]);
    assert.equal(got.pushChannelExpired, false);
    await delivered(c, name, false, `$InstallationId:{${installationId}}`, handle);
    await delivered(c, name, true, `${tag}t && $UserId:{${want.userId}}`, handle, header);
    await delivered(c, name, true, `$InstallationId:{${installationId}} && greeting`, handle, header);
    assert.equal((await all(c.listRegistrationsByTag(tag))).length, 2, "registrations that it stands for");
    await c.deleteInstallation(installationId);
    await assert.rejects(c.getInstallation(installationId), status(404));
    assert.deepEqual(await all(c.listRegistrationsByTag(tag)), []);
    await c.deleteInstallation(installationId); // once more is no mistake
  });
  await patches(c);
}

async function patches(c) {
  const id = `i-${hex(6)}`, first = kinds.Apple.handle(), second = kinds.Apple.handle();
  const body = kinds.Apple.payload("$(text)");
  await c.createOrUpdateInstallation({ installationId: id, platform: "apns", pushChannel: first, tags: ["p1", "p2"], templates: { t1: { body } } });
  const patch = (what, operations, holds) => check(`patch: ${what}`, async () => {
    await c.updateInstallation(id, operations);
    holds(await c.getInstallation(id));
  });
  await patch("add a tag", [{ op: "add", path: "/tags", value: "p3" }], (i) => assert.deepEqual([...i.tags].sort(), ["p1", "p2", "p3"]));
  await patch("remove a tag", [{ op: "remove", path: "/tags/p1" }], (i) => assert.deepEqual([...i.tags].sort(), ["p2", "p3"]));
  await patch("replace the user", [{ op: "replace", path: "/userId", value: "u.9" }], (i) => assert.equal(i.userId, "u.9"));
  await patch("remove the user", [{ op: "remove", path: "/userId" }], (i) => assert.equal(i.userId, undefined));
  await patch("add a template", [{ op: "add", path: "/templates/t2", value: JSON.stringify({ body, tags: ["t2tag"] }) }], (i) => assert.deepEqual(Object.keys(i.templates).sort(), ["t1", "t2"]));
  await patch("replace a template's body", [{ op: "replace", path: "/templates/t2/body", value: kinds.Apple.payload("$(other)") }], (i) => assert.equal(i.templates.t2.body, kinds.Apple.payload("$(other)")));
  await patch("remove a template", [{ op: "remove", path: "/templates/t1" }], (i) => assert.deepEqual(Object.keys(i.templates), ["t2"]));
  await patch("replace the channel", [{ op: "replace", path: "/pushChannel", value: second }], (i) => assert.equal(i.pushChannel, second));
  await check("patch: all of it or nothing", async () => {
    const before = await c.getInstallation(id);
    await assert.rejects(c.updateInstallation(id, [
      { op: "add", path: "/tags", value: "p4" }, { op: "remove", path: "/tags/p2" }, { op: "replace", path: "/platform", value: "wns" },
    ]), status(400));
    assert.deepEqual(await c.getInstallation(id), before);
  });
  await check("patch: what is not there", () => assert.rejects(c.updateInstallation("none-" + hex(4), [{ op: "add", path: "/tags", value: "x" }]), status(404)));
  await check("patch: what was patched is sent to", async () => {
    const payload = kinds.Apple.payload("Hi");
    const send = async () => completed(c, await c.sendNotification(kinds.Apple.notify(payload), { tagExpression: "p3 && !p1" }));
    await arrive([kinds.Apple.gets(second, payload)], send);
  });
  await check("installation without a channel", () => assert.rejects(c.createOrUpdateInstallation({ installationId: "bad", platform: "apns" }), status(400)));
  await c.deleteInstallation(id);
}
