import {EngineError} from '../errors/error.ts';
import {type Digest, parseDigest} from '../oci/digest.ts';

/**
 * The name of an image at a registry, normalised as Docker does it: `busybox` is `docker.io/library/busybox`. Without tag and
 * digest it names a repository.
 */
export type Reference = {
	/** Host and port: `docker.io`, `localhost:5000`, `[fd00::1]:5000`. */
	readonly domain: string;
	/** The repository at that host: `library/busybox`. */
	readonly path: string;
	readonly tag?: string;
	readonly digest?: Digest;
};

const defaultDomain = 'docker.io';
const officialPrefix = 'library/';
const pathLimit = 255;
/** Longer than any name with a tag and a digest; nothing longer reaches a regular expression. */
const textLimit = 1024;

const domainPart = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const domainForm = new RegExp(String.raw`^(?:${domainPart}(?:\.${domainPart})*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?$`);
const pathPart = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const pathForm = new RegExp(`^${pathPart}(?:/${pathPart})*$`);
const tagForm = /^\w[\w.-]{0,127}$/;
const bareId = /^[a-f0-9]{64}$/;

const invalid = (text: string, reason = '') =>
	new EngineError({
		code: 'reference.invalid',
		subject: text.slice(0, 128),
		message: `invalid reference format${reason && `: ${reason}`}`,
		hint: 'A name looks like busybox, user/app:1.2 or host:5000/team/app@sha256:….',
	});

/** Docker's rule: what stands before the first `/` is a host when it has a dot, a colon or an upper-case letter, or is `localhost`. */
function splitDomain(name: string): {domain: string; path: string} {
	const slash = name.indexOf('/');
	const first = slash === -1 ? '' : name.slice(0, slash);
	const isDomain = first === 'localhost' || /[.:]/.test(first) || first.toLowerCase() !== first;
	const domain = isDomain ? (first === 'index.docker.io' ? defaultDomain : first) : defaultDomain;
	const path = isDomain ? name.slice(slash + 1) : name;
	return {domain, path: domain === defaultDomain && !path.includes('/') ? officialPrefix + path : path};
}

function splitTag(text: string): {name: string; tag: string | undefined} {
	const colon = text.indexOf(':', text.lastIndexOf('/') + 1);
	return colon === -1 ? {name: text, tag: undefined} : {name: text.slice(0, colon), tag: text.slice(colon + 1)};
}

function parseReferenceDigest(text: string, whole: string): Digest {
	try {
		return parseDigest(text);
	} catch (error) {
		throw invalid(whole, error instanceof Error ? error.message : '');
	}
}

/** Reads `[host[:port]/]path[:tag][@digest]`. */
export function parseReference(text: string): Reference {
	if (text === '' || text.length > textLimit) throw invalid(text);
	const at = text.indexOf('@');
	const digest = at === -1 ? undefined : parseReferenceDigest(text.slice(at + 1), text);
	const {name, tag} = splitTag(at === -1 ? text : text.slice(0, at));
	if (bareId.test(name)) throw invalid(text, `cannot specify 64-byte hexadecimal strings: ${name}`);
	const {domain, path} = splitDomain(name);
	if (!domainForm.test(domain)) throw invalid(text);
	if (path.toLowerCase() !== path && pathForm.test(path.toLowerCase())) throw invalid(text, `repository name (${path}) must be lowercase`);
	if (!pathForm.test(path)) throw invalid(text);
	if (path.length > pathLimit) throw invalid(text, `repository name must not be more than ${pathLimit} characters`);
	if (tag !== undefined && !tagForm.test(tag)) throw invalid(text);
	return {domain, path, ...(tag !== undefined && {tag}), ...(digest && {digest})};
}

/** `:latest` where there is neither tag nor digest. */
export const withDefaultTag = (reference: Reference): Reference => (reference.tag !== undefined || reference.digest ? reference : {...reference, tag: 'latest'});

/** The repository's full name: `docker.io/library/busybox`. */
export const repositoryName = ({domain, path}: Reference): string => `${domain}/${path}`;

/** The repository as people write it: `busybox`. */
export function familiarName({domain, path}: Reference): string {
	if (domain !== defaultDomain) return `${domain}/${path}`;
	const short = path.startsWith(officialPrefix) ? path.slice(officialPrefix.length) : path;
	return short.includes('/') ? path : short;
}

/** The whole as people write it: `busybox:latest`, `localhost:5000/app@sha256:…`. */
export const familiarString = (reference: Reference): string => familiarName(reference) + suffix(reference);

/** The whole with nothing left out: `docker.io/library/busybox:latest`. */
export const canonicalString = (reference: Reference): string => repositoryName(reference) + suffix(reference);

const suffix = ({tag, digest}: Reference): string => (tag === undefined ? '' : `:${tag}`) + (digest === undefined ? '' : `@${digest}`);
