// Somebody on another implementation: a server made with Fedify, told by a test what to do.
//
// It keeps everything in memory, listens on a port that the system chooses, says its address in
// one line on stdout, and ends with its stdin. Every signature is made and checked by Fedify.
//
//     node peer.mjs HOST CERTIFICATE.pem FOLDER-WITH-NODE_MODULES
import { subscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import { createRequire } from "node:module";
import { buffer } from "node:stream/consumers";

const [host, certificate, modules] = process.argv.slice(2);
const library = createRequire(`${modules}/`); // installed elsewhere: nothing lands in this folder
const { Temporal } = library("@js-temporal/polyfill");
const { configure } = library("@logtape/logtape");
const fedify = library("@fedify/fedify");
const vocab = library("@fedify/vocab");

const toStderr = ({ level, category, message }) =>
  process.stderr.write(`${level} ${category.join(".")}: ${message.map(String).join("")}\n`);
await configure({
  sinks: { stderr: toStderr },
  loggers: [
    { category: "fedify", lowestLevel: "info", sinks: ["stderr"] },
    { category: ["logtape", "meta"], lowestLevel: "error", sinks: ["stderr"] },
  ],
});

const pem = readFileSync(certificate);
const server = createServer({ key: pem, cert: pem });
server.listen(0, host);
await once(server, "listening");
const origin = `https://${host}:${server.address().port}`;

const people = new Map(); // identifier -> { profile, followers, keys }
const things = new Map(); // address -> an object of ours that others may fetch
const received = []; // activities that Fedify verified, oldest first
const knocks = []; // POSTs from us and from them, with the kind of their signature
let blindness = { schemes: [] }; // kinds of signatures that this server does not see

const newKeys = () =>
  Promise.all(["RSASSA-PKCS1-v1_5", "Ed25519"].map((kind) => fedify.generateCryptoKeyPair(kind)));
const sharedKeys = newKeys(); // until somebody changes theirs: RSA keys of 4096 bits take a second

// ---- documents --------------------------------------------------------------------------------

const MOMENTS = new Set(["published", "updated", "endTime", "closed"]);

/** Make a vocabulary object of `{type, property: value}`, with URLs of addresses. */
function make(value, name = "") {
  if (Array.isArray(value)) return value.map((one) => make(one, name));
  if (typeof value === "string" && MOMENTS.has(name)) return Temporal.Instant.from(value);
  if (typeof value === "string" && value.startsWith("https://")) return new URL(value);
  if (typeof value !== "object" || value === null) return value;
  const { type, ...rest } = value;
  const made = Object.fromEntries(Object.entries(rest).map(([key, one]) => [key, make(one, key)]));
  return type ? new vocab[type](made) : made;
}

/** Return what Fedify understood of a document, in Fedify's own words. */
async function understood(object) {
  if (!object) return null;
  const options = { format: "compact", contextLoader: context().contextLoader };
  const { "@context": _, ...rest } = await object.toJsonLd(options);
  return rest;
}

/** Keep what others may fetch: an object that has an address here. */
function keep(object) {
  if (object?.id?.origin === origin) things.set(object.id.href, object);
}

// ---- the server -------------------------------------------------------------------------------

const federation = fedify.createFederation({
  kv: new fedify.MemoryKvStore(),
  origin,
  allowPrivateAddress: true,
  inboxChallengePolicy: { enabled: true, requestNonce: true },
});
const context = () => federation.createContext(new Request(origin), null);

federation
  .setActorDispatcher("/users/{identifier}", async (ctx, identifier) => {
    const person = people.get(identifier);
    if (!person) return null;
    const keys = await ctx.getActorKeyPairs(identifier);
    return new vocab.Person({
      id: ctx.getActorUri(identifier),
      preferredUsername: identifier,
      inbox: ctx.getInboxUri(identifier),
      outbox: ctx.getOutboxUri(identifier),
      followers: ctx.getFollowersUri(identifier),
      featured: ctx.getFeaturedUri(identifier),
      endpoints: new vocab.Endpoints({ sharedInbox: ctx.getInboxUri() }),
      publicKey: keys[0].cryptographicKey,
      assertionMethods: keys.map((pair) => pair.multikey),
      ...make(person.profile),
    });
  })
  .setKeyPairsDispatcher((_, identifier) => people.get(identifier)?.keys ?? sharedKeys);
federation.setOutboxDispatcher("/users/{identifier}/outbox", () => ({ items: [] }));
federation.setFeaturedDispatcher("/users/{identifier}/featured", (_, identifier) => ({
  items: people.get(identifier)?.featured.map((uri) => things.get(uri)) ?? [],
}));
federation.setFollowersDispatcher(
  "/users/{identifier}/followers",
  (_ctx, identifier, _cursor, base) => {
    const followers = people.get(identifier)?.followers ?? [];
    return { items: followers.filter((one) => !base || one.id.origin === base.origin) };
  },
);
federation
  .setInboxListeners("/users/{identifier}/inbox", "/inbox")
  .on(vocab.Activity, async (ctx, activity) => {
    received.push({ inbox: ctx.recipient, activity: await understood(activity) });
  });

/** Look an address up as a person here does, with a signature. */
async function lookUp(by, what) {
  const documentLoader = await context().getDocumentLoader({ identifier: by });
  return context().lookupObject(what, { documentLoader });
}

/** Send an activity to actors, or to `by`'s followers; throws what a refusing inbox says. */
async function deliver(by, activity, to, how = {}) {
  const isAll = to === "followers";
  const recipients = isAll ? to : await Promise.all(to.map((uri) => lookUp(by, uri)));
  const options = { immediate: true, ...how };
  await context().sendActivity({ identifier: by }, recipients, activity, options);
}

// ---- what a test may ask for ------------------------------------------------------------------

const deeds = {
  /** Open an account, or change its profile. */
  async open({ by, profile = {} }) {
    people.set(by, { followers: [], featured: [], ...people.get(by), profile });
    return context().getActorUri(by).href;
  },
  /** Change a profile and tell of it: an Update with the whole actor. */
  async change({ by, profile, to }) {
    await deeds.open({ by, profile });
    const object = await context().getActor(by);
    const update = { actor: object.id, object, to: vocab.PUBLIC_COLLECTION };
    await deliver(by, new vocab.Update(update), to);
  },
  async close({ by }) {
    people.delete(by);
  },
  async rotate({ by }) {
    people.get(by).keys = await newKeys();
  },
  /** Count actors among somebody's followers, and nobody else. */
  async befriend({ by, followers }) {
    people.get(by).followers = await Promise.all(followers.map((uri) => lookUp(by, uri)));
  },
  async feature({ by, posts }) {
    people.get(by).featured = posts;
  },
  async keep({ thing }) {
    keep(make(thing));
  },
  async send({ by, activity, to, ...how }) {
    if (activity.object?.type) keep(make(activity.object));
    await deliver(by, make(activity), to, how);
  },
  /** Return an activity as it would be sent, with a proof in it (FEP-8b32). */
  async prove({ by, activity }) {
    const pairs = await context().getActorKeyPairs(by);
    const { privateKey, keyId, multikey } = pairs.find((one) => one.multikey && one !== pairs[0]);
    const contextLoader = context().contextLoader;
    const proved = await fedify.signObject(make(activity), privateKey, multikey.id ?? keyId, {
      contextLoader,
    });
    return proved.toJsonLd({ contextLoader });
  },
  /** Ignore signatures of these kinds, with them `proofs`; `asks`: say what is wished for. */
  async ignore({ schemes, proofs = true, asks = true }) {
    blindness = { schemes, proofs, asks };
  },
  async look({ by, what }) {
    return understood(await lookUp(by, what));
  },
  async finger({ what }) {
    return context().lookupWebFinger(what);
  },
  /** Read a NodeInfo document; Fedify's own client fetches none from a loopback address. */
  async nodeinfo({ document }) {
    return fedify.parseNodeInfo(document);
  },
  /** Return the header that tells of followers in the way of FEP-8fcf. */
  async synchronization({ followers, members }) {
    return fedify.buildCollectionSynchronizationHeader(followers, members);
  },
  /** Walk through a collection, page by page. */
  async walk({ by, what }) {
    const items = [];
    const documentLoader = await context().getDocumentLoader({ identifier: by });
    const collection = await lookUp(by, what);
    for await (const item of context().traverseCollection(collection, { documentLoader })) {
      items.push(await understood(item));
    }
    return items;
  },
  async log() {
    return { received, knocks };
  },
};

async function doAsTold(name, request) {
  try {
    return Response.json({ done: (await deeds[name](await request.json())) ?? null });
  } catch (problem) {
    process.stderr.write(`${problem.stack}\n`);
    return Response.json({ problem: String(problem) }, { status: 500 });
  }
}

// ---- requests ---------------------------------------------------------------------------------

const schemeOf = (has) => (has("signature-input") ? "rfc9421" : has("signature") ? "cavage" : "");

/** Return a request without what is to be ignored, as software sees it that cannot read it. */
async function seen(request, scheme) {
  if (!blindness.schemes.includes(scheme)) return request;
  const headers = new Headers(request.headers);
  for (const name of ["signature", "signature-input"]) headers.delete(name);
  const { proof, ...rest } = await request.json();
  const body = JSON.stringify(blindness.proofs ? rest : { ...rest, proof });
  return new Request(request.url, { method: request.method, headers, body });
}

/** Let Fedify judge a delivery, and note how it was signed. */
async function judged(request) {
  const { url, headers } = request;
  const scheme = schemeOf((name) => headers.has(name));
  const sync = headers.get("collection-synchronization") ?? "";
  const body = await request.clone().text();
  const given = await federation.fetch(await seen(request, scheme), { contextData: null });
  if (blindness.asks === false) given.headers.delete("accept-signature");
  knocks.push({ from: "them", url, scheme, status: given.status, sync, body });
  return given;
}

/** Answer a request: a test's wish, a thing that is kept, or whatever Fedify does with it. */
async function answer(request) {
  const path = new URL(request.url).pathname;
  const isPost = request.method === "POST";
  if (isPost && path.startsWith("/do/")) return doAsTold(path.slice(4), request);
  if (isPost) return judged(request);
  const thing = things.get(request.url);
  const { contextLoader } = context();
  if (thing) return fedify.respondWithObject(thing, { contextLoader });
  return federation.fetch(request, { contextData: null });
}

// What Fedify sends is seen where Node's own fetch tells of it.
subscribe("undici:request:headers", ({ request, response }) => {
  if (request.method !== "POST") return;
  const names = request.headers.map((one) => String(one).toLowerCase());
  const url = request.origin + request.path;
  const scheme = schemeOf((name) => names.includes(name));
  knocks.push({ from: "us", url, scheme, status: response.statusCode });
});

server.on("request", async (incoming, outgoing) => {
  const { method, headers, url } = incoming;
  const body = method === "POST" ? await buffer(incoming) : undefined;
  const given = await answer(new Request(new URL(url, origin), { method, headers, body }));
  outgoing.writeHead(given.status, Object.fromEntries(given.headers));
  outgoing.end(Buffer.from(await given.arrayBuffer()));
});

process.stdin.resume().on("end", () => process.exit(0));
process.stdout.write(`${origin}\n`);
