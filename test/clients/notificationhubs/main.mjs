// @azure/notification-hubs, as it comes from its registry, against fanfare dev:
// every operation that it offers, and what the devices get.
import assert from "node:assert/strict";
import * as nh from "@azure/notification-hubs";
import { check, finish, unused, watch } from "../lib/check.mjs";
import { ready } from "../lib/hub.mjs";
import { feedback } from "./feedback.mjs";
import { installations } from "./installations.mjs";
import { jobs } from "./jobs.mjs";
import { refusals, schedules } from "./later.mjs";
import { registrations } from "./registrations.mjs";
import { sends } from "./sends.mjs";

const c = watch(new nh.NotificationHubsClient(ready.connectionString, ready.hub), "");
await registrations(c);
await sends(c);
await installations(c);
await schedules(c);
await jobs(c);
await feedback(c);
await refusals();
await check("every operation was called", () => assert.deepEqual(unused(), []));
finish();
