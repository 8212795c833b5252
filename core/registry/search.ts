import {EngineError} from '../errors/error.ts';
import {parseStrictJson, type Json} from '../oci/json.ts';
import {asArray, asObject, below, optional, placeOf, type Place as Spot} from '../oci/shape.ts';
import {discard, readSmallBody} from './body.ts';
import {placesOf, type Place} from './endpoint.ts';
import type {Reply, Timeouts} from './http.ts';
import {listNames} from './list.ts';
import {Transient, usualPatience, withRetry, type Patience} from './retry.ts';
import {openRoute, type Route} from './route.ts';
import {statusError} from './status.ts';

export type Found = {readonly name: string; readonly description: string; readonly stars: number; readonly isOfficial: boolean; readonly isAutomated: boolean};

export type SearchOptions = {
	/** 1 to 100; 25 when it is 0. */
	readonly limit?: number;
	readonly filters?: ReadonlyMap<string, readonly string[]>;
	readonly patience?: Patience;
	readonly timeouts?: Timeouts;
	readonly signal?: AbortSignal;
};

const usualLimit = 25;
const answerLimit = 4 * 1024 * 1024;

/** Asks Docker Hub, or the registry whose host stands before the term: by its search, or where it has none by its catalog. */
export async function searchImages(text: string, options: SearchOptions = {}): Promise<Found[]> {
	const {limit = 0, filters = new Map(), timeouts, signal} = options;
	if (limit < 0 || limit > 100) throw invalid(`limit ${limit} is outside the range of [1, 100]`, text);
	const matches = makeFilter(filters);
	const {domain, term} = splitTerm(text);
	const [place] = domain === 'docker.io' ? [hub] : placesOf(domain, {write: true});
	if (!place) return [];
	const route = await openRoute(place, {scopes: domain === 'docker.io' ? [] : ['registry:catalog:*'], timeouts, signal});
	try {
		const found = await withRetry(() => ask(route, term, limit || usualLimit), {patience: options.patience ?? usualPatience, signal});
		const all = found ?? (await askCatalog(route, term, options));
		return all.filter(matches).slice(0, limit || usualLimit);
	} finally {
		route.close();
	}
}

const hub: Place = {domain: 'docker.io', isMirror: false, endpoints: [{base: new URL('https://index.docker.io/'), tls: {verify: true}}]};

/** What stands before the first slash is a host by the rule for references. */
function splitTerm(text: string): {domain: string; term: string} {
	if (text === '' || text.includes('://')) throw invalid(`invalid repository name: ${JSON.stringify(text.slice(0, 200))}`, text);
	const slash = text.indexOf('/');
	const first = slash === -1 ? '' : text.slice(0, slash);
	const isHost = first === 'localhost' || /[.:]/.test(first);
	if (!isHost || first === 'docker.io' || first === 'index.docker.io') return {domain: 'docker.io', term: (isHost ? text.slice(slash + 1) : text).replace(/^library\//, '')};
	if (!URL.canParse(`https://${first}/`)) throw invalid(`invalid registry host: ${JSON.stringify(first.slice(0, 200))}`, text);
	return {domain: first, term: text.slice(slash + 1)};
}

/** undefined when the registry does not know this question. */
async function ask(route: Route, term: string, limit: number): Promise<Found[] | undefined> {
	const reply = await route.send(`v1/search?q=${encodeURIComponent(term)}&n=${limit}`);
	if (reply.status === 404 && route.domain !== 'docker.io') {
		discard(reply);
		return undefined;
	}
	if (reply.status !== 200) throw await failure(reply, term);
	const place = placeOf(`the answer from ${reply.url.host}`);
	const body = asObject(parseStrictJson(await readSmallBody(reply, answerLimit), place.subject), place);
	const at = below(place, 'results');
	return (optional(body, 'results', place, (value, here) => asArray(value, here, 1000)) ?? []).map((item, index) => readFound(item, below(at, index)));
}

function readFound(value: Json, place: Spot): Found {
	const object = asObject(value, place);
	const text = (key: string) => (typeof object[key] === 'string' ? object[key].slice(0, 10_000) : '');
	return {
		name: text('name'),
		description: text('description'),
		stars: typeof object['star_count'] === 'number' ? object['star_count'] : 0,
		isOfficial: object['is_official'] === true,
		isAutomated: object['is_automated'] === true,
	};
}

async function askCatalog(route: Route, term: string, {patience = usualPatience, signal}: SearchOptions): Promise<Found[]> {
	const get = async (target: string | URL): Promise<Reply> => {
		const reply = await route.send(target);
		if (reply.status === 200) return reply;
		throw await failure(reply, route.domain);
	};
	const names = await listNames(target => withRetry(() => get(target), {patience, signal}), 'v2/_catalog', 'repositories', route.domain);
	return names.filter(name => name.includes(term)).map(name => ({name: `${route.domain}/${name}`, description: '', stars: 0, isOfficial: false, isAutomated: false}));
}

async function failure(reply: Reply, subject: string): Promise<Error> {
	const error = await statusError(reply, {reference: subject, repository: subject, what: 'push'});
	return error instanceof Transient || error instanceof EngineError ? error : new EngineError({code: 'registry.failed', subject, message: error.message});
}

function makeFilter(filters: ReadonlyMap<string, readonly string[]>): (found: Found) => boolean {
	const unknown = [...filters.keys()].find(key => !['is-automated', 'is-official', 'stars'].includes(key));
	if (unknown !== undefined) throw invalid(`invalid filter '${unknown}'`, unknown);
	const official = filters.get('is-official')?.map(value => readBoolean('is-official', value));
	const automated = filters.get('is-automated')?.map(value => readBoolean('is-automated', value));
	const stars = Math.max(0, ...(filters.get('stars') ?? []).map(readStars));
	return found => found.stars >= stars && (official?.includes(found.isOfficial) ?? true) && (automated?.includes(found.isAutomated) ?? true);
}

function readBoolean(key: string, value: string): boolean {
	if (/^(1|t|true)$/i.test(value)) return true;
	if (/^(0|f|false)$/i.test(value)) return false;
	throw invalid(`invalid filter '${key}=${value}'`, value);
}

function readStars(value: string): number {
	if (/^-?\d{1,9}$/.test(value)) return Number(value);
	throw invalid(`invalid filter 'stars=${value}'`, value);
}

const invalid = (message: string, subject: string): EngineError => new EngineError({code: 'filter.invalid', subject: subject.slice(0, 200), message});
