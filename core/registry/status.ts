import {EngineError} from '../errors/error.ts';
import {parseStrictJson} from '../oci/json.ts';
import {asArray, asObject, optional, placeOf} from '../oci/shape.ts';
import {wantsBasic} from './auth.ts';
import {readSmallBody} from './body.ts';
import type {Reply} from './http.ts';
import {parseRetryAfter, Transient} from './retry.ts';

/** What was asked for, in the user's words. */
export type Asked = {
	/** `busybox:1.36`. */
	readonly reference: string;
	/** `busybox`. */
	readonly repository: string;
	readonly what: 'manifest' | 'blob' | 'push';
	readonly digest?: string;
};

type Detail = {readonly code: string; readonly text: string};

/** The error for an answer that is not the thing asked for. Those that may pass are Transient. */
export async function statusError(reply: Reply, asked: Asked, signal?: AbortSignal): Promise<Error> {
	const detail = await readDetail(reply, signal);
	const {status} = reply;
	if (status === 429) return new Transient(rateLimited(reply, detail), parseRetryAfter(reply.headers['retry-after']));
	if (status >= 500 || status === 408) return new Transient(unexpected(reply, asked), parseRetryAfter(reply.headers['retry-after']));
	if (asked.what === 'push') return pushRefused(reply, asked, detail);
	if (status === 401 || status === 403 || detail?.code === 'NAME_UNKNOWN' || detail?.code === 'DENIED') return denied(reply, asked, detail);
	if (status === 404) return asked.what === 'manifest' ? manifestUnknown(asked, detail) : blobUnknown(asked, detail);
	return unexpected(reply, asked, detail);
}

/** The first error of the distribution API's form; anything else says nothing. */
async function readDetail(reply: Reply, signal?: AbortSignal): Promise<Detail | undefined> {
	try {
		const place = placeOf('the error');
		const body = asObject(parseStrictJson(await readSmallBody(reply, 65_536, {signal}), place.subject), place);
		const errors = optional(body, 'errors', place, (value, at) => asArray(value, at, 100));
		const first = errors?.[0] === undefined ? undefined : asObject(errors[0], place);
		const {code, message} = first ?? {};
		if (typeof code !== 'string') return undefined;
		const words = printable(code.toLowerCase().replaceAll('_', ' '));
		return {code, text: typeof message === 'string' ? `${words}: ${printable(message)}` : words};
	} catch {
		return undefined;
	}
}

/** A registry's text goes to a terminal: no control characters, and not a page of it. */
const printable = (text: string): string => text.replace(/[^\x20-\x7e]/g, '?').slice(0, 300);

const rateLimited = ({url}: Reply, detail: Detail | undefined) =>
	new EngineError({
		code: 'registry.rate-limited',
		subject: url.host,
		message: detail?.text ?? `toomanyrequests: ${url.host} answered 429 Too Many Requests`,
		hint: 'Wait a while, or log in to be allowed more.',
	});

const unexpected = ({status, statusText, url}: Reply, {reference}: Asked, detail?: Detail) =>
	new EngineError({
		code: 'registry.failed',
		subject: reference,
		message: `received unexpected HTTP status from ${url.host}: ${status} ${printable(statusText)}${detail ? ` (${detail.text})` : ''}`,
		hint: status >= 500 ? `The registry is in trouble; try ${reference} again later.` : undefined,
	});

const denied = ({status}: Reply, {reference, repository}: Asked, detail: Detail | undefined) =>
	new EngineError({
		code: 'registry.denied',
		subject: reference,
		message: `pull access denied for ${repository}, repository does not exist or may require 'docker login': ${detail?.text ?? (status === 401 ? 'unauthorized: authentication required' : 'denied: requested access to the resource is denied')}`,
	});

/** What a registry says to a push is Docker's whole sentence. */
function pushRefused(reply: Reply, asked: Asked, detail: Detail | undefined): EngineError {
	const {status} = reply;
	if (status !== 401 && status !== 403) return unexpected(reply, asked, detail);
	const bare = status === 403 ? 'denied: requested access to the resource is denied' : wantsBasic(reply) ? 'no basic auth credentials' : 'unauthorized: authentication required';
	return new EngineError({
		code: 'registry.denied',
		subject: asked.reference,
		message: status === 401 && wantsBasic(reply) ? bare : (detail?.text ?? bare),
		hint: 'Log in with an account that may push there.',
	});
}

const manifestUnknown = ({reference}: Asked, detail: Detail | undefined) =>
	new EngineError({
		code: 'registry.manifest-unknown',
		subject: reference,
		message: `manifest for ${reference} not found: ${detail?.text ?? 'manifest unknown: manifest unknown'}`,
		hint: 'Check the name and the tag.',
	});

const blobUnknown = ({reference, digest}: Asked, detail: Detail | undefined) =>
	new EngineError({
		code: 'registry.blob-unknown',
		subject: reference,
		message: `the registry has the manifest of ${reference} but not its blob ${digest}: ${detail?.text ?? 'blob unknown'}`,
		hint: 'Push the image again.',
	});
