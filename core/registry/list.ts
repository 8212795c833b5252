import {EngineError} from '../errors/error.ts';
import {digestOf, type Digest} from '../oci/digest.ts';
import {readDescriptor, type Descriptor} from '../oci/descriptor.ts';
import {parseStrictJson} from '../oci/json.ts';
import {mediaTypes} from '../oci/media-types.ts';
import {asArray, asObject, asStrings, below, optional, placeOf} from '../oci/shape.ts';
import {discard, readSmallBody} from './body.ts';
import type {Reply} from './http.ts';
import type {Session} from './session.ts';

const pageLimit = 4 * 1024 * 1024;
const pages = 1000;
const namesInAll = 1_000_000;
const pageSize = 1000;

type Get = (target: string | URL) => Promise<Reply>;

/** The names that a list of the distribution API holds, page after page as its Link headers say. A list without end is refused. */
export async function listNames(get: Get, target: string, key: 'tags' | 'repositories', subject: string): Promise<string[]> {
	const names = new Set<string>();
	let next: string | URL | undefined = `${target}?n=${pageSize}`;
	for (let page = 0; next !== undefined; page++) {
		const reply: Reply = await get(next);
		const place = placeOf(`the list of ${key} from ${subject}`);
		const body = asObject(parseStrictJson(await readSmallBody(reply, pageLimit), place.subject), place);
		const before = names.size;
		for (const name of optional(body, key, place, asStrings(100_000, 512)) ?? []) names.add(name);
		next = nextPage(reply);
		if (page === pages || names.size > namesInAll || (next !== undefined && names.size === before))
			throw new EngineError({code: 'registry.failed', subject, message: `the list of ${key} from ${subject} has no end`});
	}
	return [...names];
}

/** `Link: </v2/app/tags/list?n=1000&last=x>; rel="next"`; nowhere but at the same registry. */
function nextPage({headers, url}: Reply): URL | undefined {
	const found = /^<([^>]{1,4096})>\s*;\s*rel="?next"?/i.exec(String(headers['link'] ?? ''));
	const next = found?.[1] === undefined ? null : URL.parse(found[1], url.href);
	return next?.origin === url.origin ? next : undefined;
}

export const listTags = (session: Session, subject: string): Promise<string[]> => listNames(target => session.request(target, [200]), 'tags/list', 'tags', subject);

/** What refers to a manifest: signatures, SBOMs. By the API, or where a registry has none by the tag that stands in for it. */
export async function listReferrers(session: Session, digest: Digest, artifactType?: string): Promise<readonly Descriptor[]> {
	const query = artifactType === undefined ? '' : `?artifactType=${encodeURIComponent(artifactType)}`;
	const accept = {headers: {Accept: mediaTypes.ociIndex}};
	let reply = await session.request(`referrers/${digest}${query}`, [200, 404], accept);
	if (reply.status === 404) {
		discard(reply);
		reply = await session.request(`manifests/${digest.replace(':', '-')}`, [200, 404], accept);
	}
	if (reply.status === 404) {
		discard(reply);
		return [];
	}
	const place = placeOf(`the referrers of ${digest}`);
	const bytes = await readSmallBody(reply, pageLimit);
	const index = asObject(parseStrictJson(bytes, `${place.subject} (${digestOf(bytes)})`), place);
	const at = below(place, 'manifests');
	const all = asArray(index['manifests'], at, 10_000).map((item, number) => readDescriptor(item, below(at, number)));
	// A registry may leave the filtering to us.
	return artifactType === undefined ? all : all.filter(descriptor => descriptor.artifactType === artifactType);
}
