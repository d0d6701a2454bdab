// Sends in every format, to everybody that an expression names and to nobody
// else; directly, in batches, and as tests.
import assert from "node:assert/strict";
import * as nh from "@azure/notification-hubs";
import { check } from "../lib/check.mjs";
import { hex, until } from "../lib/hub.mjs";
import { arrive } from "../lib/devices.mjs";
import { description, handleOf, kinds } from "./kinds.mjs";
import { completed, gone, status } from "./sent.mjs";

const text = 'Grüße, "🌍" & <b>';
const escaped = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;"); // in XML

const of = (name) => (["Windows", "Mpns"].includes(name) ? escaped : text);
const native = Object.keys(kinds).filter((name) => kinds[name].notify);
const counted = (counts, name = "Success") => (counts ?? []).filter((o) => o.state === name).reduce((sum, o) => sum + o.count, 0);

export async function sends(c) {
  const tag = (name) => `${name}-${run}`, run = hex(5);
  const devices = {}, ids = [];
  const register = async (name, template, tags) => {
    const handle = await kinds[name].handle();
    ids.push((await c.createRegistration(description(name, handle, template, { tags: tags.map(tag) }))).registrationId);
    return handle;
  };
  await check("sends: set up", async () => {
    for (const name of Object.keys(kinds)) {
      devices[name] = await register(name, false, ["all", "sports"]);
      devices[name + "Template"] = await register(name, true, ["all", "sports"]);
    }
    devices.Apple2 = await register("Apple", false, ["all", "politics"]);
    devices.Apple3 = await register("Apple", false, ["all", "sports", "politics"]);
  });
  const apple = kinds.Apple;
  const wanted = (name, payload, ...who) => who.map((w) => kinds[name].gets(devices[w], payload, kinds[name].header));

  for (const name of native) {
    const kind = kinds[name], payload = kind.payload(of(name)), notification = kind.notify(payload);
    const who = name === "Apple" ? ["Apple", "Apple3"] : [name];
    await check(`send to ${name} by tag, with telemetry`, async () => {
      const details = await arrive(wanted(name, payload, ...who), async () => completed(c, await c.sendNotification(notification, { tagExpression: tag("sports") })));
      assert.equal(counted(details[kind.counts]), who.length, `Success in ${kind.counts}`);
      assert.ok(details.enqueueTime instanceof Date && details.endTime >= details.startTime, "times");
      assert.equal(details.notificationBody, payload);
    });
    await check(`test send to ${name}`, async () => {
      const o = await arrive(wanted(name, payload, ...who), () => c.sendNotification(notification, { tagExpression: tag("sports"), enableTestSend: true }));
      assert.deepEqual([o.successCount, o.failureCount, o.results.length], [who.length, 0, who.length]);
      for (const r of o.results) assert.ok(r.applicationPlatform && r.pnsHandle && ids.includes(r.registrationId) && r.outcome, JSON.stringify(r));
    });
    await check(`send to ${name} directly`, async () => {
      const handle = await kind.handle();
      await arrive([kind.gets(handle, payload, kind.header)], async () => completed(c, await c.sendNotification(notification, { deviceHandle: handleOf(kind, handle) })));
    });
    if (kind.batch) await check(`send to a batch of ${name}`, async () => {
      const batch = [await kind.handle(), await kind.handle(), await kind.handle()];
      const details = await arrive(batch.map((h) => kind.gets(h, payload, kind.header)), async () =>
        completed(c, await c.sendNotification(notification, { deviceHandle: batch.map((h) => handleOf(kind, h)) })));
      assert.equal(counted(details[kind.counts]), 3);
    });
  }
  for (const [type, create, body] of [
    ["tile", nh.createWindowsTileNotification, `<tile><visual><binding template="TileSquareText04"><text id="1">${escaped}</text></binding></visual></tile>`],
    ["badge", nh.createWindowsBadgeNotification, nh.createWindowsBadgeNotificationBody({ value: 5 })],
    ["raw", nh.createWindowsRawNotification, `${text}\u0001`],
  ]) await check(`send to Windows: ${type}`, async () => {
    const want = kinds.Windows.gets(devices.Windows, body, { "X-Wns-Type": "wns/" + type });
    await arrive([want], async () => completed(c, await c.sendNotification(create({ body }), { tagExpression: tag("sports") })));
  });
  await check("send a template, each to its own payload", async () => {
    const want = Object.keys(kinds).flatMap((name) => wanted(name, kinds[name].payload(of(name)), name + "Template"));
    const notification = nh.createTemplateNotification({ body: { text } });
    await arrive(want, async () => completed(c, await c.sendNotification(notification, { tagExpression: tag("all") })));
  });

  const payload = apple.payload(text), notification = apple.notify(payload);
  for (const [what, tagExpression, who] of [
    ["of tags", nh.createTagExpression([tag("sports"), tag("politics")]), ["Apple", "Apple2", "Apple3"]],
    ["with and", `${tag("sports")} && ${tag("politics")}`, ["Apple3"]],
    ["with not", `${tag("all")} && !${tag("sports")}`, ["Apple2"]],
    ["in parentheses", `(${tag("sports")} || ${tag("politics")}) && !(${tag("sports")} && ${tag("politics")})`, ["Apple", "Apple2"]],
    ["of twenty tags", nh.createTagExpression([...Array(19).keys()].map((i) => tag("x" + i)).concat(tag("politics"))), ["Apple2", "Apple3"]],
  ]) await check(`expression ${what}`, async () => {
    await arrive(wanted("Apple", payload, ...who), async () => completed(c, await c.sendNotification(notification, { tagExpression })));
  });
  for (const tagExpression of [`${tag("a")} &&`, `(${tag("a")} || ${tag("b")}`, "a b"]) {
    await check(`expression that is none: ${tagExpression.replaceAll(run, "")}`, () => arrive([], () =>
      assert.rejects(c.sendNotification(notification, { tagExpression }), status(400))));
  }
  await check("send to nobody", async () => {
    await arrive([], async () => assert.equal((await completed(c, await c.sendNotification(notification, { tagExpression: tag("nobody") }), "NoTargetFound")).state, "NoTargetFound"));
    const o = await arrive([], () => c.sendNotification(notification, { tagExpression: tag("nobody"), enableTestSend: true }));
    assert.deepEqual([o.successCount, o.failureCount, o.results], [0, 0, []]);
  });
  await check("send to everybody", async () => { // nobody else is registered here
    await arrive(wanted("Apple", payload, "Apple", "Apple2", "Apple3"), async () => completed(c, await c.sendBroadcastNotification(notification)));
  });
  await check("test send to everybody, which the client sends to the tag undefined", async () => {
    const o = await arrive([], () => c.sendBroadcastNotification(notification, { enableTestSend: true }));
    assert.deepEqual([o.successCount, o.results], [0, []]);
  });
  await check("a device that is gone is told of, and its registration goes", async () => {
    const handle = gone(), made = await c.createRegistration(description("Apple", handle, false, { tags: [tag("gone")] }));
    const details = await arrive([], async () => completed(c, await c.sendNotification(notification, { tagExpression: tag("gone") })));
    assert.equal(counted(details.apnsOutcomeCounts, "ExpiredChannel"), 1);
    const answer = () => c.getRegistration(made.registrationId).then(() => 200, (e) => e.statusCode);
    await until(answer, (code) => code === 404); // it goes soon, and not at once
  });
  await check("telemetry of what is not known", () => assert.rejects(c.getNotificationOutcomeDetails("none"), status(404)));
  await check("sends: take down", async () => {
    for (const id of ids) await c.deleteRegistration(id);
  });
}
