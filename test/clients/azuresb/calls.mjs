// The client's calls as promises, and what became of them.
import assert from "node:assert/strict";
import sb from "azure-sb";
import { watch } from "../lib/check.mjs";
import { arrive } from "../lib/devices.mjs";
import { finished, ready } from "../lib/hub.mjs";

/** hub is the service of a hub; apns, gcm, wns and mpns are parts of it. */
export const hub = watch(sb.createNotificationHubService(ready.hub, ready.connectionString), "");
for (const part of ["apns", "gcm", "wns", "mpns"]) watch(hub[part], part + ".");

/** namespace is the service of all hubs; it also knows queues and topics. */
export const namespace = watch(sb.createServiceBusService(ready.connectionString), "namespace.", (name) => name.includes("NotificationHub"));

/** call calls an operation, and returns what its callback gets. */
export const call = (object, name, ...args) =>
  new Promise((resolve, reject) => object[name](...args, (error, result) => (error ? reject(error) : resolve(result))));

/** refused tells an error of the hub with this status from others. */
export const refused = (status, detail = "") => (e) => {
  assert.deepEqual([e.statusCode, e.code], [status, String(status)], e.message);
  assert.ok(e.detail.startsWith(detail), e.detail);
  return true;
};

/** sent calls an operation that sends, and sees that these devices get it. */
export const sent = (wanted, object, name, ...args) =>
  arrive(wanted, async () => {
    const answer = await call(object, name, ...args);
    assert.equal(answer.statusCode, 201);
    return finished(answer.headers.location);
  });
