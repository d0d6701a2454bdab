// Registrations: every kind, their ETags, their lists.
import assert from "node:assert/strict";
import { check } from "../lib/check.mjs";
import { all, hex } from "../lib/hub.mjs";
import { arrive } from "../lib/devices.mjs";
import { description, kinds } from "./kinds.mjs";
import { delivered, status } from "./sent.mjs";

/** alike fails unless a registration has what was written. */
function alike(got, want) {
  for (const [name, value] of Object.entries(want)) {
    if (name === "tags") assert.deepEqual([...(got.tags ?? [])].sort(), [...value].sort(), "tags");
    else assert.deepEqual(got[name], value, name);
  }
}

async function life(c, name, template) {
  const tag = "life-" + hex(6), handle = await kinds[name].handle();
  const want = description(name, handle, template, { tags: [tag, "a_b@c#d.e:f-g"] });
  const made = await c.createRegistration({ ...want });
  alike(made, want);
  assert.ok(made.registrationId && made.etag && made.expirationTime > new Date(), "id, ETag and expiry");
  const got = await c.getRegistration(made.registrationId);
  alike(got, { ...want, registrationId: made.registrationId, etag: made.etag });
  assert.deepEqual((await all(c.listRegistrationsByTag(tag))).map((r) => r.registrationId), [made.registrationId]);
  const changed = await c.updateRegistration({ ...got, tags: [tag + "2"] });
  assert.deepEqual([changed.registrationId, changed.tags], [made.registrationId, [tag + "2"]]);
  assert.notEqual(changed.etag, made.etag);
  assert.deepEqual(await all(c.listRegistrationsByTag(tag)), []);
  await assert.rejects(c.updateRegistration({ ...got, tags: ["stale"] }), status(412));
  await assert.rejects(c.deleteRegistration(made.registrationId, { etag: made.etag }), status(412));
  await delivered(c, name, template, tag + "2", handle);
  await c.deleteRegistration(made.registrationId, { etag: changed.etag });
  await assert.rejects(c.getRegistration(made.registrationId), status(404));
  await assert.rejects(c.deleteRegistration(made.registrationId), status(404));
}

export async function registrations(c) {
  for (const name of Object.keys(kinds)) {
    for (const template of [false, true]) {
      await check(`registration of ${name}${template ? " template" : ""}`, () => life(c, name, template));
    }
  }
  await check("registration under an id of its own", async () => {
    const registrationId = await c.createRegistrationId(), handle = kinds.Apple.handle();
    assert.notEqual(await c.createRegistrationId(), registrationId);
    const first = await c.createOrUpdateRegistration(description("Apple", handle, false, { registrationId, tags: ["first"] }));
    const second = await c.createOrUpdateRegistration(description("Apple", handle, false, { registrationId, tags: ["second"] }));
    assert.deepEqual([first.registrationId, second.registrationId], [registrationId, registrationId]);
    alike(await c.getRegistration(registrationId), { tags: ["second"], deviceToken: handle, etag: second.etag });
    await c.deleteRegistration(registrationId);
  });
  await check("push variables", async () => {
    const handle = kinds.Apple.handle(), tag = "variables-" + hex(6), pushVariables = { text: "Ann", city: "Rome" };
    const made = await c.createRegistration(description("Apple", handle, true, { pushVariables, tags: [tag] }));
    assert.deepEqual((await c.getRegistration(made.registrationId)).pushVariables, pushVariables);
  });
  await lists(c);
}

async function lists(c) {
  const tag = "list-" + hex(6), made = {};
  await check("lists: set up", async () => {
    for (const name of Object.keys(kinds)) {
      const handle = await kinds[name].handle();
      made[name] = { handle, ...(await c.createRegistration(description(name, handle, false, { tags: [tag] }))) };
    }
  });
  const ids = () => Object.values(made).map((r) => r.registrationId).sort();
  for (const [what, list] of [["by tag", (top) => c.listRegistrationsByTag(tag, { top })], ["of all", (top) => c.listRegistrations({ top })]]) {
    await check(`list ${what}, in pages`, async () => {
      const seen = [];
      for await (const page of list(4).byPage()) {
        assert.ok(page.length <= 4, `a page of ${page.length}`);
        seen.push(...page.map((r) => r.registrationId));
      }
      assert.equal(new Set(seen).size, seen.length, "one is there twice");
      assert.deepEqual(seen.filter((id) => ids().includes(id)).sort(), ids());
    });
  }
  await check("list by a tag of nobody's", async () => assert.deepEqual(await all(c.listRegistrationsByTag(tag + "x")), []));
  for (const [name, { channel }] of Object.entries(kinds)) {
    if (!channel) continue; // it has no such query for Xiaomi and MPNS
    await check(`list by channel of ${name}`, async () => {
      const list = all(c.listRegistrationsByChannel(channel(made[name].handle)));
      if (name === "Baidu") return assert.rejects(list, status(400)); // it leaves a quote out of its filter
      assert.deepEqual((await list).map((r) => r.registrationId), [made[name].registrationId]);
    });
  }
  await check("lists: take down", async () => {
    for (const id of ids()) await c.deleteRegistration(id);
    assert.deepEqual(await all(c.listRegistrationsByTag(tag)), []);
    await arrive([], async () => {});
  });
}
