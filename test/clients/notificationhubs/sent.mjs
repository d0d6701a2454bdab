// What became of a call.
import assert from "node:assert/strict";
import * as nh from "@azure/notification-hubs";
import { arrive } from "../lib/devices.mjs";
import { hex, until } from "../lib/hub.mjs";
import { kinds } from "./kinds.mjs";

/** status tells an error with this status from others. */
export const status = (code) => (e) => {
  assert.equal(e.statusCode, code, `${e.statusCode}: ${e.message}`);
  return true;
};

/** idIn is the id at the end of a Location. */
export const idIn = (location) => new URL(location).pathname.split("/").at(-1);

/** completed waits until a send is through, and returns its telemetry. */
export function completed(c, answer, state = "Completed") {
  assert.ok(answer.trackingId && answer.correlationId, "TrackingId and x-ms-correlation-request-id");
  assert.ok(!answer.notificationId || answer.notificationId === idIn(answer.location), `id ${answer.notificationId} in ${answer.location}`);
  return until(() => c.getNotificationOutcomeDetails(idIn(answer.location)), (details) => details.state === state);
}

/**
 * delivered sends to an expression, and sees that one device gets it, with the
 * headers that are its kind's if no others are.
 */
export async function delivered(c, name, template, tagExpression, handle, header = kinds[name].header) {
  const kind = kinds[name], payload = kind.payload("Hi " + hex(4)), text = payload.match(/Hi \w+/)[0];
  if (!template && !kind.notify) return;
  const notification = template ? nh.createTemplateNotification({ body: { text } }) : kind.notify(payload);
  await arrive([kind.gets(handle, payload, header)], async () => completed(c, await c.sendNotification(notification, { tagExpression })));
}

/** gone makes a device that APNs calls gone. */
export const gone = () => Buffer.from("fate-gone.").toString("hex").toUpperCase() + hex(22).toUpperCase();
