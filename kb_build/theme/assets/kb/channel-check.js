/**
 * Tells whether a link, e-mail address, handle, phone number or app is on the operator's list.
 *
 * A pure function of what was pasted and of the list: it asks nobody and keeps nothing. It finds
 * every address in a pasted message, and the worst one decides. Whatever it cannot take apart with
 * certainty is not "listed". Knows nothing of the page.
 */

import { editDistance, hostAsSeen, imitatesLatin, skeleton } from "./look-alikes.js";

/**
 * @typedef {Object} Channel one entry of docs/_data/channels.yml
 * @property {"domain"|"email"|"email_domain"|"social"|"phone"|"app"} kind
 * @property {string} value
 * @property {string} [platform] of kind social
 * @property {string} [store] of kind app
 *
 * @typedef {"domain"|"email"|"social"|"phone"|"app"|null} Kind what was pasted
 *
 * @typedef {Object} Answer
 * @property {"listed"|"not-listed"|"empty"|"unclear"} verdict
 * @property {Kind} kind
 * @property {string} reason one of REASONS
 * @property {Channel|null} matched the entry it is, or, when unclear, may be
 * @property {string} part what of the pasted text decided
 * @property {string} address where that really leads; "" when that cannot be said
 */

export const REASONS = {
  listed: ["exact", "wildcard", "sending-domain"],
  empty: ["empty"],
  unclear: [
    "not-recognised", // nothing that could be an address
    "platform-missing", // a handle that is ours, but only on its platform
    "store-missing", // likewise an app
    "incomplete", // part of an address
    "port", // our host, at an unusual door
    "redirect", // our host, told to lead on to another
    "too-long",
  ],
  "not-listed": [
    "unknown", // simply not there
    "imitating-letters", // letters of other alphabets that look like ours
    "foreign-letters",
    "resembles", // nearly one of ours
    "subdomain-trick", // ours in front of somebody else's
    "subdomain", // below ours, but not on the list
    "path-trick", // ours only behind the host
    "userinfo", // ours in front of an @
    "display-name", // the shown name says one thing, the address another
    "plus-address",
    "other-mailbox", // our mail domain, another mailbox
    "other-platform", // our handle, on another platform
    "ip-address",
    "shortener", // hides where it leads
    "dangerous-scheme",
    "other-scheme",
    "odd-characters", // characters that only look like / or @, or no valid address
    "reversed-text", // characters that turn the direction of reading round
    "no-phone", // the list has no phone number at all
  ],
};

const SEVERITY = { listed: 0, unclear: 1, "not-listed": 2 };
const MAX_LENGTH = 4000;

/** Hosts of each platform, and how a handle stands in the path; the first group is the handle. */
export const PLATFORMS = {
  bilibili: { hosts: ["space.bilibili.com"], path: /^\/(\d+)/, words: ["bilibili", "哔哩哔哩", "b站"] },
  discord: { hosts: ["discord.gg", "discord.com"], path: /^\/(?:invite\/)?([^/]+)/, words: ["discord"] },
  douyin: { hosts: ["douyin.com"], path: /^\/user\/([^/]+)/, words: ["douyin", "抖音"] },
  facebook: { hosts: ["facebook.com", "fb.com", "m.me"], path: /^\/([^/]+)/, words: ["facebook", "脸书"] },
  github: { hosts: ["github.com"], path: /^\/([^/]+)/, words: ["github"] },
  instagram: { hosts: ["instagram.com"], path: /^\/([^/]+)/, words: ["instagram"] },
  line: { hosts: ["line.me"], path: /^\/(?:R\/)?ti\/p\/@?([^/]+)/i, words: ["line"] },
  linkedin: { hosts: ["linkedin.com"], path: /^\/(?:company|in)\/([^/]+)/, words: ["linkedin", "领英"] },
  medium: { hosts: ["medium.com"], path: /^\/@([^/]+)/, words: ["medium"] },
  qq: { hosts: ["qm.qq.com"], path: /^\/([^/]+)/, words: ["qq"] },
  reddit: { hosts: ["reddit.com"], path: /^\/(?:r|u|user)\/([^/]+)/, words: ["reddit"] },
  telegram: { hosts: ["t.me", "telegram.me", "telegram.dog"], path: /^\/(?:s\/)?([^/]+)/, words: ["telegram", "tg", "电报", "電報"] },
  tiktok: { hosts: ["tiktok.com"], path: /^\/@([^/]+)/, words: ["tiktok"] },
  wechat: { hosts: [], path: /^$/, words: ["wechat", "weixin", "微信", "公众号", "公眾號"] },
  weibo: { hosts: ["weibo.com", "weibo.cn"], path: /^\/(?:u\/|n\/)?([^/]+)/, words: ["weibo", "微博"] },
  whatsapp: { hosts: ["wa.me"], path: /^\/(\d+)/, words: ["whatsapp"] },
  x: { hosts: ["x.com", "twitter.com"], path: /^\/([^/]+)/, words: ["x", "twitter", "推特"] },
  xiaohongshu: { hosts: ["xiaohongshu.com"], path: /^\/user\/profile\/([^/]+)/, words: ["xiaohongshu", "小红书", "小紅書"] },
  youtube: { hosts: ["youtube.com"], path: /^\/(?:@|c\/|user\/|channel\/)([^/]+)/, words: ["youtube"] },
};
const PLATFORM_SUBDOMAIN = /^(?:www|m|mobile|web)\./;

const SHORTENERS = new Set(
  ("bit.ly t.co t.cn tinyurl.com goo.gl is.gd v.gd ow.ly buff.ly cutt.ly rebrand.ly rb.gy shorturl.at s.id " +
    "dwz.cn url.cn suo.im sourl.cn dwz.mk mrw.so tb.cn m.tb.cn reurl.cc lihi.cc lihi1.com pse.is ppt.cc " +
    "tiny.cc t.ly bl.ink soo.gd adf.ly lnkd.in linktr.ee shope.ee u.nu x.gd qr.ae q-r.to han.gl").split(" "),
);

/**
 * @param {string} text as pasted
 * @param {Channel[]} channels
 * @returns {Answer}
 */
export function checkChannel(text, channels) {
  const pasted = String(text ?? "");
  if (pasted.length > MAX_LENGTH) return answer("unclear", null, "too-long");
  const cleaned = clean(pasted);
  if (cleaned === "") return answer("empty", null, "empty");
  const list = new ChannelList(channels);
  if (TURNS_ROUND.test(pasted)) return answer("not-listed", null, "reversed-text", { part: cleaned });
  return worst(findings(cleaned, list)) ?? answer("unclear", null, "not-recognised", { part: cleaned });
}

function answer(verdict, kind, reason, { matched = null, part = "", address = "" } = {}) {
  return { verdict, kind, reason, matched, part, address };
}

/** Of several, the worst; of equals, the one that can say most. */
function worst(answers) {
  const weight = (one) => 2 * SEVERITY[one.verdict] + (one.reason === "unknown" ? 0 : 1);
  return answers.reduce((chosen, one) => (chosen && weight(chosen) >= weight(one) ? chosen : one), null);
}

// ---- The list ---------------------------------------------------------------------------------

class ChannelList {
  constructor(channels) {
    const of = (kind) => channels.filter((channel) => channel.kind === kind);
    this.domains = of("domain").map((channel) => {
      const isWildcard = channel.value.startsWith("*.");
      return { channel, isWildcard, host: asHost(channel.value.replace(/^\*\./, "")) };
    });
    this.emails = of("email").map((channel) => {
      const [local, domain] = splitAddress(channel.value);
      return { channel, local: local.toLowerCase(), host: asHost(domain) };
    });
    this.senders = of("email_domain").map((channel) => ({ channel, host: asHost(channel.value) }));
    this.handles = of("social").map((channel) => ({ channel, name: channel.value.toLowerCase() }));
    this.phones = of("phone").map((channel) => ({ channel, digits: digitsOf(channel.value) }));
    this.apps = of("app");
  }

  /** Every host on the list, those of mailboxes too. */
  get hosts() {
    return [...this.domains, ...this.emails, ...this.senders].map(({ host }) => host).filter(Boolean);
  }

  domainOf(host) {
    const exact = this.domains.find((one) => !one.isWildcard && one.host === host);
    if (exact) return { channel: exact.channel, reason: "exact" };
    const above = this.domains.find(
      (one) => one.isWildcard && one.host && host.endsWith(`.${one.host}`) && PLAIN_LABELS.test(host.slice(0, -one.host.length)),
    );
    return above ? { channel: above.channel, reason: "wildcard" } : null;
  }
}

/** Below a wildcard anything could be put in front; look-alikes of slashes and the like are not. */
const PLAIN_LABELS = /^(?!.*xn--)(?:[a-z0-9-]+\.)+$/;

/** Returns a host as the platform's URL parser sees it, or "". */
function asHost(host) {
  try {
    return withoutLastDot(new URL(`https://${host}/`).hostname);
  } catch {
    return "";
  }
}

const withoutLastDot = (host) => host.replace(/\.$/, "");
const digitsOf = (text) => text.replace(/\D/g, "");

// ---- One spelling -----------------------------------------------------------------------------

/** Characters that the URL parser drops, and marks that phones put around copied numbers. */
const INVISIBLE = /[\u00AD\u034F\u061C\u180B-\u180F\u200B-\u200F\u202A\u202C\u202D\u2060-\u2064\u2066\u2068\u2069\uFE00-\uFE0F\uFEFF]/g;
const TURNS_ROUND = /[\u202B\u202E\u2067]/;
/** Stands for a character that only looks like / \ ? #; no address that holds it is valid. */
const ODD = "\uE000";
const NAME = "[a-zA-Z0-9]";

function clean(text) {
  return joinSplitAddresses(
    refang(
      text
        .replace(INVISIBLE, "")
        .replace(/(h[tx]{2}ps?)\s*[:：]\s*[/／]{2}/gi, "$1://")
        // Between letters a full-width slash would be part of a name; elsewhere it is punctuation.
        .replace(/([a-zA-Z0-9.])[／＼？＃⁄∕⧸](?=[a-zA-Z0-9.])/g, `$1${ODD}`)
        .replace(/[／＼？＃]/g, " ")
        .normalize("NFKC")
        .replace(new RegExp(`(${NAME})[。](?=${NAME})`, "g"), "$1.")
        // A whole text like `name.test。网址` is one host to a browser.
        .replace(/^([a-zA-Z0-9.:/-]+)。(?=\p{Script=Han}{1,4}$)/u, "$1.")
        .replace(/[。、]/g, " "),
    ),
  ).trim();
}

/** Undoes what people write to keep a link from being opened. */
function refang(text) {
  return text
    .replace(/hxxp(s?):/gi, "http$1:")
    .replace(/\s*[[({]\s*(?:\.|dot|点)\s*[\])}]\s*/gi, ".")
    .replace(/\s*[[({]\s*(?:@|at)\s*[\])}]\s*/gi, "@")
    .replace(/\[\s*(:\/\/|:)\s*\]/g, "$1")
    .replace(/([a-z0-9]) dot (?=[a-z0-9])/gi, "$1.")
    .replace(/([a-z])点(?=[a-z])/gi, "$1.");
}

/** `name . test` → `name.test`; a full stop at the end of a sentence stays. */
function joinSplitAddresses(text) {
  const joined = text
    .replace(/([\p{L}\p{N}])\s+\.\s*(?=[\p{L}\p{N}])/gu, "$1.")
    .replace(/([\p{L}\p{N}])\s+@\s+(?=[\p{L}\p{N}])/gu, "$1@");
  const tight = joined.trim().replace(/\.\s+(?=[\p{L}\p{N}])/gu, ".");
  return /\s/.test(tight) ? joined : tight;
}

// ---- Finding addresses ------------------------------------------------------------------------

const DANGEROUS = /^(?:javascript|vbscript|data|file|blob|filesystem|about|jar):/i;
const WEB = /https?:/i;
const PHONE_SCHEME = /^(?:tel|sms|smsto|callto):/i;
const OTHER_SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i;
const GLUED_HAN = /(^|[^.\-@_\p{Script=Han}])\p{Script=Han}+(?=$|[^.\-@_\p{Script=Han}])/gu;
const APP_ID = /^id\d{6,}$/i;
const EDGES = /^[\s.,:;!?*_~'"“”‘’«»()[\]{}…·•–—-]+|[\s.,:;!?*~'"“”‘’«»()[\]{}…·•–—]+$/g;

function findings(text, list) {
  if (DANGEROUS.test(text.replace(/\s+/g, ""))) {
    return [answer("not-listed", "domain", "dangerous-scheme", { part: text })];
  }
  const platforms = platformsIn(text);
  const found = [];
  // `Name <address>`: what is in front of it is only what the sender calls itself.
  const rest = text.replace(/<\s*([^<>\s]*@[^<>\s]*)\s*>/g, (_, address) => {
    const one = judgeEmail(address.replace(/^mailto:/i, ""), list);
    found.push(one.verdict === "not-listed" ? { ...one, reason: nameReason(one.reason) } : one);
    return " ";
  });
  for (const token of tokensOf(rest)) found.push(...judgeToken(token, list, platforms));
  found.push(...judgeNamesAfterPlatforms(rest, list, found));
  found.push(...phonesIn(rest, found.length === 0).map((phone) => judgePhone(phone, list)));
  return found;
}

const nameReason = (reason) => (reason === "unknown" ? "display-name" : reason);

/** Splits at spaces, quotes and brackets; takes Chinese words off the addresses they touch. */
function tokensOf(text) {
  return text.split(/[\s<>"“”‘’`|{}（）()【】《》「」,;]+/u).flatMap((token) => {
    if (/:\/\//.test(token)) return [token.replace(/^(https?:\/\/[^/?#\p{Script=Han}]*[^/?#\p{Script=Han}.\-@_])\p{Script=Han}+$/iu, "$1")];
    return token.replace(GLUED_HAN, "$1 ").split(/\s+/);
  });
}

function judgeToken(raw, list, platforms) {
  const token = raw.replace(EDGES, "");
  if (token === "") return [];
  if (DANGEROUS.test(token)) return [answer("not-listed", "domain", "dangerous-scheme", { part: raw })];
  if (/^mailto:/i.test(token)) return mailboxesIn(token).map((address) => judgeEmail(address, list));
  if (PHONE_SCHEME.test(token)) return [judgePhone(decoded(token.replace(PHONE_SCHEME, "").split(/[?;]/)[0]), list)];
  const web = token.search(WEB);
  if (web >= 0) {
    const before = decoded(token.slice(0, web)).replace(/[^\p{L}\p{N}]+$/u, "");
    return [...judgeToken(before, list, platforms), judgeLink(token.slice(web), list)];
  }
  if (OTHER_SCHEME.test(token)) return [answer("not-listed", "domain", "other-scheme", { part: token })];
  if (raw.replace(/^[^@\p{L}\p{N}/]+/u, "").startsWith("@")) return [judgeMention(token.replace(/^@/, ""), list, platforms)];
  if (token.includes("@") && !/[/:\\]/.test(token)) {
    const [local, domain] = splitAddress(token);
    const isHandle = /\p{Script=Han}$/u.test(local) && !domain.includes(".");
    return [isHandle ? judgeHandle(domain, platforms, list) : judgeEmail(token, list)];
  }
  if (APP_ID.test(token)) return [judgeApp("app_store", token.toLowerCase(), list, token)];
  if (list.apps.some((app) => app.value.toLowerCase() === token.toLowerCase())) return [judgeBareApp(token, platforms, list)];
  if (token.startsWith("//") || looksLikeHost(token)) return [judgeLink(token, list)];
  if (list.handles.some(({ name }) => name === token.toLowerCase())) return [judgeHandle(token, platforms, list)];
  return [];
}

/** A dot inside, and an end that could be a top-level domain or four numbers. */
function looksLikeHost(token) {
  const host = token.replace(/^\/+/, "").split(/[/?#\\]/)[0].replace(/^.*@/, "");
  const bare = withoutLastDot(host.replace(/:\d*$/, ""));
  if (/^\[[0-9a-f:.]+\]$/i.test(bare) || /^(?:0x[0-9a-f]+|\d+)(?:\.(?:0x[0-9a-f]+|\d+)){3}$/i.test(bare)) return true;
  const top = bare.includes(".") ? bare.slice(bare.lastIndexOf(".") + 1) : "";
  return /^(?:\p{L}[\p{L}\p{M}\p{N}-]*[\p{L}\p{M}\p{N}])$/u.test(top) || (token.includes(ODD) && token.includes("."));
}

function mailboxesIn(link) {
  const [to, query = ""] = link.replace(/^mailto:/i, "").split("?");
  const further = [...new URLSearchParams(query)]
    .filter(([name]) => ["to", "cc", "bcc"].includes(name.toLowerCase()))
    .map(([, value]) => value);
  return [decoded(to), ...further].flatMap((part) => part.split(/[,;]/)).map((part) => part.trim()).filter(Boolean);
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

// ---- Links ------------------------------------------------------------------------------------

function judgeLink(link, list) {
  const say = (verdict, reason, more) => answer(verdict, "domain", reason, { part: link, ...more });
  const url = parseLink(link);
  // A backslash ends the host for some programs and not for others.
  if (url === null || link.includes("\\") || link.includes(ODD)) return say("not-listed", "odd-characters");
  const host = withoutLastDot(url.hostname);
  // Letters that imitate would only deceive once more; others say more than their code.
  const seen = hostAsSeen(host);
  const address = seen === host || imitatesLatin(seen) ? host : `${seen} (${host})`;
  const authority = link.replace(/^(?:https?:)?\/*/i, "").split(/[/?#]/)[0];
  if (authority.includes("@")) return say("not-listed", "userinfo", { address });
  if (host.startsWith("[") || /^\d+(?:\.\d+){3}$/.test(host)) return say("not-listed", "ip-address", { address });

  const domain = list.domainOf(host);
  if (domain) {
    const matched = domain.channel;
    if (!["", "80", "443"].includes(url.port)) return say("unclear", "port", { matched, address: url.host });
    if (leadsElsewhere(url, list)) return say("unclear", "redirect", { matched, address });
    return say("listed", domain.reason, { matched, address });
  }
  const place = placeOf(url, host);
  if (place?.store) return judgeApp(place.store, place.id, list, link);
  if (place?.platform) return { ...judgeHandle(place.name, [place.platform], list), part: link, address: host };
  if (SHORTENERS.has(host)) return say("not-listed", "shortener", { address });
  const behind = decoded(url.pathname + url.search + url.hash).toLowerCase();
  const reason = hostReason(host, list) ?? (list.hosts.some((one) => behind.includes(one)) ? "path-trick" : "unknown");
  return say("not-listed", reason, { address });
}

function parseLink(link) {
  try {
    return new URL(/^https?:/i.test(link) ? link : `https://${link.replace(/^\/+/, "")}`);
  } catch {
    return null;
  }
}

/** Whether a link to us carries a link to somebody else. */
function leadsElsewhere(url, list) {
  const rest = decoded(decoded(url.search + url.hash));
  const links = [
    ...rest.matchAll(/(?:https?:)?(?:\/\/|\\\\)[^\s&#'"]+/gi),
    ...decoded(url.pathname).matchAll(/https?:[^\s&#'"]+/gi),
  ];
  return links.some(([link]) => {
    const inner = parseLink(link.replace(/\\/g, "/"));
    return inner !== null && !list.domainOf(withoutLastDot(inner.hostname));
  });
}

/** Returns the profile or app that a link to a platform or store shows; null for other hosts. */
function placeOf(url, host) {
  if (host === "apps.apple.com" || host === "itunes.apple.com") {
    const isApp = /\/app\//.test(url.pathname);
    return { store: "app_store", id: (isApp && url.pathname.match(/\/(id\d+)\/?$/)?.[1]) || "" };
  }
  if (host === "play.google.com") {
    const ids = url.searchParams.getAll("id");
    const isApp = url.pathname === "/store/apps/details" && ids.length === 1;
    return { store: "google_play", id: isApp ? ids[0] : "" };
  }
  const bare = host.replace(PLATFORM_SUBDOMAIN, "");
  for (const [platform, { hosts, path }] of Object.entries(PLATFORMS)) {
    if (hosts.includes(host) || hosts.includes(bare)) {
      return { platform, name: decoded(url.pathname.match(path)?.[1] ?? "") };
    }
  }
  return null;
}

/** Returns what a host that is not on the list is up to, or null. */
function hostReason(host, list) {
  const seen = hostAsSeen(host);
  if (seen !== host || host.includes("xn--")) return imitatesLatin(seen) ? "imitating-letters" : "foreign-letters";
  const ours = list.hosts;
  if (ours.some((one) => `.${host}`.includes(`.${one}.`))) return "subdomain-trick";
  if (ours.some((one) => host.endsWith(`.${one}`))) return "subdomain";
  return ours.some((one) => resemblesHost(host, one)) ? "resembles" : null;
}

const WORTH_COMPARING = 6;

function resemblesHost(host, ours) {
  const [mine, theirs] = [ours, host].map((name) => skeleton(name.replace(/^www\./, "")));
  const packed = (name) => name.replace(/[.-]/g, "");
  const name = (host) => host.slice(0, host.lastIndexOf("."));
  const core = packed(name(mine));
  return (
    resembles(theirs, mine) ||
    packed(theirs) === packed(mine) ||
    (core.length >= WORTH_COMPARING && packed(theirs).includes(core))
  );
}

/** Both as skeletons. Two slips in a long name, one in a short one. */
function resembles(theirs, mine) {
  if (mine.length < WORTH_COMPARING) return theirs === mine;
  return editDistance(theirs, mine) <= (mine.length > 9 ? 2 : 1);
}

// ---- E-mail -----------------------------------------------------------------------------------

function splitAddress(address) {
  const at = address.lastIndexOf("@");
  return [address.slice(0, at), address.slice(at + 1)];
}

function judgeEmail(address, list) {
  const [local, domain] = splitAddress(address.trim().replace(/[.\s]+$/, ""));
  const host = asHost(domain);
  const say = (verdict, reason, more) =>
    answer(verdict, "email", reason, { part: address, address: host && `@${hostAsSeen(host)}`, ...more });
  if (host === "" || /[/\\?#:[\]]/.test(domain) || address.includes(ODD)) return say("not-listed", "odd-characters", { address: "" });
  if (local.includes("@")) return say("not-listed", "userinfo");
  if (local === "") return say("unclear", "incomplete");
  const name = local.toLowerCase();
  const mailbox = list.emails.find((one) => one.host === host && one.local === name);
  if (mailbox) return say("listed", "exact", { matched: mailbox.channel });
  if (imitatesLatin(local)) return say("not-listed", "imitating-letters");
  const sender = list.senders.find((one) => one.host === host);
  if (sender && /^[a-z0-9._%+-]+$/.test(name)) return say("listed", "sending-domain", { matched: sender.channel });
  const here = list.emails.filter((one) => one.host === host);
  if (here.some((one) => one.local === name.replace(/\+.*$/, ""))) return say("not-listed", "plus-address");
  if (here.length > 0 || list.domainOf(host)) return say("not-listed", "other-mailbox");
  return say("not-listed", hostReason(host, list) ?? "unknown");
}

// ---- Handles ----------------------------------------------------------------------------------

/** `@name`, or `@domain` as the end of an e-mail address. */
function judgeMention(name, list, platforms) {
  const host = name.includes(".") ? asHost(name) : "";
  if (host && [...list.emails, ...list.senders].some((one) => one.host === host)) {
    return answer("unclear", "email", "incomplete", { part: `@${name}` });
  }
  return { ...judgeHandle(name, platforms, list), part: `@${name}` };
}

function judgeHandle(written, platforms, list) {
  const name = written.replace(/^@/, "").toLowerCase();
  const say = (verdict, reason, matched = null) => answer(verdict, "social", reason, { part: written, matched });
  const same = list.handles.filter((one) => one.name === name);
  const here = same.find((one) => platforms.includes(one.channel.platform));
  if (here && platforms.length === 1) return say("listed", "exact", here.channel);
  if (same.length > 0 && platforms.length === 1) return say("not-listed", "other-platform");
  if (same.length > 0) return say("unclear", "platform-missing", same[0].channel);
  if (imitatesLatin(name)) return say("not-listed", "imitating-letters");
  const packed = (text) => skeleton(text).replace(/[._-]/g, "");
  const isNear = list.handles.some((one) => {
    const mine = packed(one.name);
    const theirs = packed(name);
    return resembles(theirs, mine) || (mine.length >= WORTH_COMPARING && theirs.includes(mine));
  });
  return say("not-listed", isNear ? "resembles" : "unknown");
}

/** Which platforms the text names. */
function platformsIn(text) {
  return Object.keys(PLATFORMS).filter((platform) =>
    PLATFORMS[platform].words.some((word) => platformWord(word, "").test(text)),
  );
}

/** A word on its own; Chinese has no spaces around it. */
function platformWord(word, tail, flags = "iu") {
  const alone = isLatin(word);
  return new RegExp(`${alone ? "(?:^|[^a-z0-9_.@/-])" : ""}${word}${alone ? "(?![a-z0-9_.@/-])" : ""}${tail}`, flags);
}

const isLatin = (word) => /^[a-z]/.test(word);
const KINDS_OF_ACCOUNT = "(?:官方|公众号|公眾號|客服|频道|頻道|账号|帐号|帳號|号|號|群| account| channel| group| id)*";

/** `微信：name`, `微信name`, `Telegram: name`, and `Telegram name` at the end: names without an @. */
function judgeNamesAfterPlatforms(text, list, found) {
  const judged = [];
  for (const [platform, { words }] of Object.entries(PLATFORMS)) {
    for (const word of words) {
      const joint = isLatin(word) ? "(\\s*:\\s*|\\s+)" : "(\\s*:?\\s*)";
      const named = platformWord(word, `${KINDS_OF_ACCOUNT}${joint}([a-z0-9][a-z0-9_.-]{2,})`, "giu");
      for (const match of text.matchAll(named)) {
        const name = match[2].replace(/[.-]+$/, "");
        const isClear = !isLatin(word) || match[1].includes(":") || match.index + match[0].length === text.trimEnd().length;
        const isLink = /^(?:https?$|www\.)/i.test(name) || found.some((one) => one.part.includes(name));
        if (isClear && !isLink) judged.push(judgeHandle(name, [platform], list));
      }
    }
  }
  return judged;
}

// ---- Phone numbers and apps -------------------------------------------------------------------

const DATE = /\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?|\d{1,2}:\d{2}(?::\d{2})?/g;
const PHONE = /(^|[^\p{L}\p{N}@._/:#=-])(\+?\s*\(?\d[\d\s().\-–/]{1,24}\d)(?![\p{L}\d@_])/gu;
const SURELY_PHONE = /^(?:\+|00[1-9]|\(?0\d{2,3}[)\s-]|1[3-9]\d{9}$|[48]00)/;
const PHONE_WORD = /电话|電話|热线|熱線|手机|手機|来电|來電|拨打|短信|tel\b|phone|call|hotline|sms/i;

function phonesIn(text, isAlone) {
  const spaced = text.replace(DATE, " ").replace(/\p{Script=Han}+/gu, (han) => (PHONE_WORD.test(han) ? " " : ` ${han} `)).replace(/(^|\s):/g, "$1 ");
  const isAboutPhones = PHONE_WORD.test(text);
  const isNothingElse = isAlone && /^[^\p{L}]*$/u.test(text);
  return [...spaced.matchAll(PHONE)]
    .map(([, , number]) => number.trim())
    .filter((number) => {
      const count = digitsOf(number).length;
      if (count < 3 || count > 17) return false;
      return isNothingElse || (isAboutPhones && count >= 5) || (count >= 7 && SURELY_PHONE.test(number));
    });
}

function judgePhone(written, list) {
  const number = written.normalize("NFKC").replace(/(?:ext\.?|x|#|转|轉|分机)\s*\d+\s*$/i, "").trim();
  const say = (verdict, reason, matched = null) =>
    answer(verdict, "phone", reason, { part: written.trim(), matched, address: "" });
  if (list.phones.length === 0) return say("not-listed", "no-phone");
  const isAbroad = /^(?:\+|00)/.test(number);
  // `+44 (0)20 …` shows the zero that is dialled at home only.
  const digits = digitsOf(number.replace(/^\+/, "").replace(/\(0\)/, "")).replace(isAbroad ? /^00/ : /^0/, "");
  const found = list.phones.find((one) =>
    isAbroad
      ? one.digits === digits
      : one.digits === digits || (one.digits.endsWith(digits) && one.digits.length - digits.length <= 3 && digits.length >= 6),
  );
  return found ? say("listed", "exact", found.channel) : say("not-listed", "unknown");
}

function judgeApp(store, id, list, part) {
  const found = list.apps.find((app) => app.store === store && app.value === id);
  return found
    ? answer("listed", "app", "exact", { part, matched: found })
    : answer("not-listed", "app", "unknown", { part });
}

/** The id of an app without its store: a file from elsewhere can carry the same one. */
function judgeBareApp(id, _platforms, list) {
  const app = list.apps.find((one) => one.value.toLowerCase() === id.toLowerCase());
  return answer("unclear", "app", "store-missing", { part: id, matched: app });
}
