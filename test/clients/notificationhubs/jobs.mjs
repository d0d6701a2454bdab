// Jobs: what is exported, and deleted, is there again after its import, and gets
// what is sent.
import assert from "node:assert/strict";
import { check } from "../lib/check.mjs";
import { all, hex } from "../lib/hub.mjs";
import { description, kinds } from "./kinds.mjs";
import { delivered, status } from "./sent.mjs";

const container = process.env.JOB_CONTAINER_URL;
const often = { updateIntervalInMs: 100 };

/** fileUrl is the signed address of a file in the container. */
function fileUrl(path) {
  const url = new URL(container);
  url.pathname += path;
  return url.href;
}

const read = async (path) => (await fetch(fileUrl(path))).text();

export async function jobs(c) {
  const tag = "jobs-" + hex(6), devices = {};
  let output;
  await check("job: export", async () => {
    for (const name of Object.keys(kinds)) {
      devices[name] = { handle: await kinds[name].handle() };
      Object.assign(devices[name], await c.createRegistration(description(name, devices[name].handle, name === "Apple", { tags: [tag, tag + name] })));
    }
    const job = await c.beginSubmitNotificationHubJob({ type: "ExportRegistrations", outputContainerUrl: container }, often);
    assert.deepEqual([job.type, job.status, job.progress, job.outputContainerUrl], ["ExportRegistrations", "Completed", 100, container]);
    assert.ok(job.createdAt instanceof Date && job.updatedAt >= job.createdAt, "times");
    output = job.outputProperties.OutputFilePath;
    const text = await read(output);
    for (const { registrationId } of Object.values(devices)) assert.ok(text.includes(`<RegistrationId>${registrationId}</RegistrationId>`), registrationId);
  });
  await check("job: import of what was deleted", async () => {
    for (const { registrationId } of Object.values(devices)) await c.deleteRegistration(registrationId);
    assert.deepEqual(await all(c.listRegistrationsByTag(tag)), []);
    const poller = c.beginSubmitNotificationHubJob({ type: "ImportUpsertRegistrations", outputContainerUrl: container, importFileUrl: fileUrl(output) }, often);
    const job = await poller;
    assert.equal(job.status, "Completed");
    assert.equal(await read(job.outputProperties.FailedFilePath), "");
    const ids = (list) => list.map((r) => r.registrationId).sort();
    assert.deepEqual(ids(await all(c.listRegistrationsByTag(tag))), ids(Object.values(devices)));
  });
  for (const name of Object.keys(kinds)) await check(`job: imported ${name} gets what is sent`, () => delivered(c, name, name === "Apple", tag + name, devices[name].handle));
  await check("job: submitted, got and listed", async () => {
    const submitted = await c.submitNotificationHubJob({ type: "ImportDeleteRegistrations", outputContainerUrl: container, importFileUrl: fileUrl("/none.txt"), inputProperties: { a: "b" } });
    assert.ok(submitted.jobId);
    const got = await c.getNotificationHubJob(submitted.jobId);
    assert.deepEqual([got.jobId, got.type, got.importFileUrl], [submitted.jobId, "ImportDeleteRegistrations", fileUrl("/none.txt")]);
    assert.ok((await c.listNotificationHubJobs()).some((job) => job.jobId === submitted.jobId), "it is not listed");
  });
  await check("job: one that fails", async () => {
    await assert.rejects(async () => c.beginSubmitNotificationHubJob({ type: "ImportCreateRegistrations", outputContainerUrl: container, importFileUrl: fileUrl("/none.txt") }, often), /404/);
  });
  await check("job: refused, and not known", async () => {
    await assert.rejects(c.submitNotificationHubJob({ type: "NoSuchJob", outputContainerUrl: container }), status(400));
    await assert.rejects(c.getNotificationHubJob("none"), status(404));
  });
  await check("job: take down", async () => {
    for (const r of await all(c.listRegistrationsByTag(tag))) await c.deleteRegistration(r.registrationId);
  });
}
