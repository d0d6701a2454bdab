// The poller of npm @azure/notification-hubs against a hub: an export, and an
// import of what it has written. Since 2.1.0 the poller is a promise too, so
// that awaiting beginSubmitNotificationHubJob gives the job once it has ended.
// env: HUB_CONNECTION_STRING, HUB_NAME, NODE_EXTRA_CA_CERTS, JOB_CONTAINER_URL;
// CLIENT_SRC = a folder whose node_modules holds the package.
import assert from "node:assert/strict";
import { createRequire } from "node:module";

const require = createRequire(process.env.CLIENT_SRC + "/x.js");
const nh = require("@azure/notification-hubs");
const client = new nh.NotificationHubsClient(process.env.HUB_CONNECTION_STRING, process.env.HUB_NAME);
const container = process.env.JOB_CONTAINER_URL;

let passed = 0, failed = 0;
async function check(name, fn) {
  try {
    await fn();
    passed++;
    console.log(`ok ${name}`);
  } catch (e) {
    failed++;
    console.log(`FAIL ${name}: ${String(e?.message ?? e).split("\n").join(" ")}`);
  }
}

// inContainer is the signed URL of a file.
function inContainer(path) {
  const u = new URL(container);
  u.pathname += path;
  return u.href;
}

async function read(path) {
  const r = await fetch(inContainer(path));
  assert.equal(r.status, 200, path);
  return r.text();
}

const tag = "jobs-" + process.pid;
const device = "fcm-" + tag;
let exported;

await check("export", async () => {
  await client.createOrUpdateRegistration({ kind: "FcmV1", fcmV1RegistrationId: device, tags: [tag], registrationId: "1-" + process.pid + "-1" });
  exported = await client.beginSubmitNotificationHubJob({ type: "ExportRegistrations", outputContainerUrl: container }, { updateIntervalInMs: 200 });
  assert.equal(exported.status, "Completed");
  assert.equal(exported.progress, 100);
  assert.match(await read(exported.outputProperties.OutputFilePath), new RegExp(`<Tags>${tag}</Tags><FcmV1RegistrationId>${device}<`));
});

await check("import", async () => {
  const job = await client.beginSubmitNotificationHubJob({
    type: "ImportUpsertRegistrations", outputContainerUrl: container, importFileUrl: inContainer(exported.outputProperties.OutputFilePath),
  }, { updateIntervalInMs: 200 });
  assert.equal(job.status, "Completed");
  assert.ok((await read(job.outputProperties.OutputFilePath)).includes(device), "the output has no row of the device");
  await read(job.outputProperties.FailedFilePath);
});

await check("failure", async () => {
  await assert.rejects(
    async () => client.beginSubmitNotificationHubJob({ type: "ImportCreateRegistrations", outputContainerUrl: container, importFileUrl: inContainer("/none") }, { updateIntervalInMs: 200 }),
    /the storage answered 404/);
});

await check("cleanup", async () => {
  for await (const page of client.listRegistrationsByTag(tag)) await client.deleteRegistration(page.registrationId);
});

console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
