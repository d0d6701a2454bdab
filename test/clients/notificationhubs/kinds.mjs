// Every kind of registration, installation and native notification that the
// client knows, and what a device gets of each.
import * as nh from "@azure/notification-hubs";
import { browser, gets, handles } from "../lib/devices.mjs";

const toast = (text) => `<toast launch="a&amp;b"><visual><binding template="ToastText01"><text id="1">${text}</text></binding></visual></toast>`;

/**
 * kinds, by the name of the registration's kind without Template: handle makes a
 * device; register and installation are its descriptions; payload is a template
 * with the text's place as a parameter, or a notification of a text.
 */
export const kinds = {
  Apple: {
    handle: handles.apns, gets: gets.apns, counts: "apnsOutcomeCounts",
    register: (deviceToken) => ({ deviceToken }), templated: { apnsHeaders: { "apns-priority": "5" } },
    create: [nh.createAppleRegistrationDescription, nh.createAppleTemplateRegistrationDescription],
    channel: (deviceToken) => ({ kind: "apple", deviceToken }), install: nh.createAppleInstallation,
    payload: (text) => JSON.stringify({ aps: { alert: text } }),
    notify: (body) => nh.createAppleNotification({ body, headers: { "apns-priority": "5", "apns-push-type": "alert" } }),
    header: { "Apns-Priority": "5" }, batch: true,
  },
  Gcm: {
    handle: handles.fcm, gets: gets.gcm, counts: "fcmOutcomeCounts",
    register: (gcmRegistrationId) => ({ gcmRegistrationId }),
    create: [nh.createFcmLegacyRegistrationDescription, nh.createFcmLegacyTemplateRegistrationDescription],
    channel: (gcmRegistrationId) => ({ kind: "gcm", gcmRegistrationId }), install: nh.createFcmLegacyInstallation,
    payload: (text) => JSON.stringify({ data: { msg: text } }), notify: (body) => nh.createFcmLegacyNotification({ body }), batch: true,
  },
  FcmV1: {
    handle: handles.fcm, gets: gets.fcm, counts: "fcmV1OutcomeCounts",
    register: (fcmV1RegistrationId) => ({ fcmV1RegistrationId }),
    create: [nh.createFcmV1RegistrationDescription, nh.createFcmV1TemplateRegistrationDescription],
    channel: (fcmV1RegistrationId) => ({ kind: "fcmv1", fcmV1RegistrationId }), install: nh.createFcmV1Installation,
    payload: (text) => JSON.stringify({ message: { android: { ttl: "60s" }, data: { msg: text } } }), notify: (body) => nh.createFcmV1Notification({ body }), batch: true,
  },
  Windows: {
    handle: handles.wns, gets: gets.wns, counts: "wnsOutcomeCounts",
    register: (channelUri) => ({ channelUri }), templated: { wnsHeaders: { "X-WNS-Type": "wns/toast" } },
    create: [nh.createWindowsRegistrationDescription, nh.createWindowsTemplateRegistrationDescription],
    channel: (channelUri) => ({ kind: "windows", channelUri }), install: nh.createWindowsInstallation,
    payload: toast, notify: (body) => nh.createWindowsToastNotification({ body }), header: { "X-Wns-Type": "wns/toast" }, batch: true,
  },
  Adm: {
    handle: handles.adm, gets: gets.adm, counts: "admOutcomeCounts",
    register: (admRegistrationId) => ({ admRegistrationId }),
    create: [nh.createAdmRegistrationDescription, nh.createAdmTemplateRegistrationDescription],
    channel: (admRegistrationId) => ({ kind: "adm", admRegistrationId }), install: nh.createAdmInstallation,
    payload: (text) => JSON.stringify({ data: { b: text, a: "x" } }), notify: (body) => nh.createAdmNotification({ body }), batch: true,
  },
  Baidu: {
    handle: handles.baidu, gets: gets.baidu, counts: "baiduOutcomeCounts",
    register: ([baiduUserId, baiduChannelId]) => ({ baiduUserId, baiduChannelId }),
    create: [nh.createBaiduRegistrationDescription, nh.createBaiduTemplateRegistrationDescription],
    channel: ([baiduUserId, baiduChannelId]) => ({ kind: "baidu", baiduUserId, baiduChannelId }), install: nh.createBaiduInstallation,
    push: (handle) => handle.join("-"),
    payload: (text) => JSON.stringify({ title: "t", description: text }), notify: (body) => nh.createBaiduNotification({ body }), batch: true,
  },
  Browser: {
    handle: browser, gets: gets.browser, counts: "browserOutcomeCounts",
    register: (subscription) => ({ ...subscription }),
    create: [nh.createBrowserRegistrationDescription, nh.createBrowserTemplateRegistrationDescription],
    channel: (subscription) => ({ kind: "browser", ...subscription }), install: nh.createBrowserInstallation,
    payload: (text) => JSON.stringify({ title: text }), notify: (body) => nh.createBrowserNotification({ body }),
  },
  Xiaomi: {
    handle: handles.xiaomi, gets: gets.xiaomi, counts: "xiaomiOutcomeCounts",
    register: (xiaomiRegistrationId) => ({ xiaomiRegistrationId }),
    create: [nh.createXiaomiRegistrationDescription, nh.createXiaomiTemplateRegistrationDescription],
    install: nh.createXiaomiInstallation,
    payload: (text) => JSON.stringify({ title: text, description: "d" }), notify: (body) => nh.createXiaomiNotification({ body }), batch: true,
  },
  Mpns: { // the client registers it, and sends it nothing
    handle: handles.mpns, gets: gets.mpns, counts: undefined,
    register: (channelUri) => ({ channelUri }), header: { "X-Notificationclass": "2" }, templated: { mpnsHeaders: { "X-WindowsPhone-Target": "toast", "X-NotificationClass": "2" } },
    create: [(r) => ({ ...r, kind: "Mpns" }), (r) => ({ ...r, kind: "MpnsTemplate" })],
    payload: (text) => `<wp:Notification xmlns:wp="WPNotification"><wp:Toast><wp:Text1>${text}</wp:Text1></wp:Toast></wp:Notification>`,
  },
};

/** handleOf is the handle as a direct send and an installation name it. */
export const handleOf = (kind, handle) => (kind.push ? kind.push(handle) : handle);

/** description is a registration, a template's if asked for. */
export function description(name, handle, template, more = {}) {
  const kind = kinds[name];
  const own = { ...kind.register(handle), ...more };
  if (!template) return kind.create[0](own);
  return kind.create[1]({ ...own, templateName: "greeting", bodyTemplate: kind.payload("$(text)"), ...kind.templated });
}
