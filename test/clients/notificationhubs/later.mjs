// Schedules, and who is let in.
import assert from "node:assert/strict";
import * as nh from "@azure/notification-hubs";
import { check } from "../lib/check.mjs";
import { hex, ready } from "../lib/hub.mjs";
import { arrive } from "../lib/devices.mjs";
import { description, kinds } from "./kinds.mjs";
import { completed, idIn, status } from "./sent.mjs";

const inDays = (days) => new Date(Date.now() + days * 24 * 3600 * 1000);

export async function schedules(c) {
  const tag = "later-" + hex(6), handle = kinds.Apple.handle(), payload = kinds.Apple.payload("Later");
  const notification = kinds.Apple.notify(payload);
  const made = await c.createRegistration(description("Apple", handle, false, { tags: [tag] }));
  await check("schedule, and send when it is due", async () => {
    await arrive([kinds.Apple.gets(handle, payload)], async () => completed(c, await c.scheduleNotification(new Date(Date.now() + 1500), notification, { tagExpression: tag })));
  });
  for (const [what, schedule] of [
    ["by tag", () => c.scheduleNotification(inDays(2), notification, { tagExpression: tag })],
    ["to everybody", () => c.scheduleBroadcastNotification(inDays(2), notification)],
  ]) await check(`schedule ${what}, and cancel`, async () => {
    await arrive([], async () => {
      const answer = await schedule(), id = idIn(answer.location);
      assert.equal(answer.notificationId, id);
      assert.equal((await c.getNotificationOutcomeDetails(id)).state, "Scheduled");
      await c.cancelScheduledNotification(id);
      assert.equal((await c.getNotificationOutcomeDetails(id)).state, "Canceled");
    });
  });
  await check("schedule beyond what is allowed", () => assert.rejects(c.scheduleNotification(inDays(30), notification, { tagExpression: tag }), status(400)));
  await check("cancel what is not known", () => assert.rejects(c.cancelScheduledNotification("none"), status(404)));
  await c.deleteRegistration(made.registrationId);
}

export async function refusals() {
  const refused = (what, change, hub, code) => check(`refused: ${what}`, async () => {
    const client = new nh.NotificationHubsClient(change(ready.connectionString), hub, { retryOptions: { maxRetries: 0 } });
    await assert.rejects(client.createRegistrationId(), status(code));
  });
  await refused("another key", (s) => s.replace(/SharedAccessKey=.*/, `SharedAccessKey=${"A".repeat(43)}=`), ready.hub, 401);
  await refused("an unknown rule", (s) => s.replace(/SharedAccessKeyName=[^;]*/, "SharedAccessKeyName=NoSuchRule"), ready.hub, 401);
  await refused("an unknown hub", (s) => s, "nosuchhub", 404);
}
