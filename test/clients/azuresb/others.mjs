// Installations, hubs, and who is let in.
import assert from "node:assert/strict";
import sb from "azure-sb";
import { check } from "../lib/check.mjs";
import { gets, handles } from "../lib/devices.mjs";
import { hex, ready } from "../lib/hub.mjs";
import { call, hub, namespace, refused, sent } from "./calls.mjs";

export async function installations() {
  const installationId = "i-" + hex(6), handle = handles.apns(), alert = JSON.stringify({ aps: { alert: "Hi" } });
  await check("installation", async () => {
    await call(hub, "createOrUpdateInstallation", { installationId, platform: "apns", pushChannel: handle, tags: ["installed"] });
    const got = await call(hub, "getInstallation", installationId);
    assert.deepEqual([got.installationId, got.platform, got.pushChannel, got.tags], [installationId, "apns", handle, ["installed"]]);
    await sent([gets.apns(handle, alert)], hub.apns, "send", `$InstallationId:{${installationId}}`, alert);
  });
  await check("patch of an installation", async () => {
    const other = handles.apns();
    await call(hub, "patchInstallation", installationId, [{ op: "replace", path: "/pushChannel", value: other }, { op: "add", path: "/tags", value: "patched" }]);
    assert.deepEqual((await call(hub, "getInstallation", installationId)).tags, ["installed", "patched"]);
    await sent([gets.apns(other, alert)], hub.apns, "send", "patched", alert);
    await assert.rejects(call(hub, "patchInstallation", "none", [{ op: "add", path: "/tags", value: "x" }]), (e) => e.statusCode === 404);
  });
  await check("deletion of an installation", async () => {
    await call(hub, "deleteInstallation", installationId);
    await assert.rejects(call(hub, "getInstallation", installationId), refused(404, "Installation not found"));
    await call(hub, "deleteInstallation", installationId);
    await sent([], hub.apns, "send", "installed", alert);
  });
}

export async function hubs() {
  const name = "shop-" + hex(4);
  await check("hub: create, get, list, send, delete", async () => {
    const made = await call(namespace, "createNotificationHub", name, { gcm: { GoogleApiKey: "k", GcmEndpoint: "https://fcm.googleapis.com/fcm/send" } });
    assert.equal(made.NotificationHubName, name);
    assert.equal((await call(namespace, "getNotificationHub", name)).NotificationHubName, name);
    const names = (await call(namespace, "listNotificationHubs")).map((h) => h.NotificationHubName);
    assert.deepEqual(names.sort(), [ready.hub, name].sort());
    assert.equal((await call(namespace, "listNotificationHubs", { top: 1, skip: 1 })).length, 1);
    const shop = sb.createNotificationHubService(name, ready.connectionString);
    await call(shop.apns, "createNativeRegistration", handles.apns(), ["a"]);
    await sent([], shop.apns, "send", "a", "{}"); // it has no credential for APNs
    await call(namespace, "deleteNotificationHub", name);
  });
  await check("hub: once more, and when it is not there", async () => {
    await call(namespace, "createNotificationHub", name);
    await assert.rejects(call(namespace, "createNotificationHub", name), refused(409, "SubCode=40900."));
    await call(namespace, "deleteNotificationHub", name);
    await assert.rejects(call(namespace, "getNotificationHub", name), (e) => e.statusCode === 404);
    await assert.rejects(call(namespace, "deleteNotificationHub", name), (e) => e.statusCode === 404);
  });
}

export async function refusals() {
  const refuse = (what, name, connectionString, status) => check(`refused: ${what}`, () =>
    assert.rejects(call(sb.createNotificationHubService(name, connectionString), "createRegistrationId"), refused(status)));
  await refuse("another key", ready.hub, ready.connectionString.replace(/SharedAccessKey=.*/, `SharedAccessKey=${"A".repeat(43)}=`), 401);
  await refuse("an unknown hub", "nosuchhub", ready.connectionString, 404);
  await check("plain HTTP, on the same port", async () => {
    const plain = sb.createNotificationHubService(ready.hub, ready.connectionString.replace("sb://", "http://"));
    assert.match(await call(plain, "createRegistrationId"), /^[0-9]+-[0-9]+-[1-3]$/);
  });
}
