import {EngineError} from '../errors/error.ts';
import type {Descriptor} from '../oci/descriptor.ts';
import {parseDigest, type Digest} from '../oci/digest.ts';
import {listReferrers, listTags} from '../registry/list.ts';
import {openSession, type Session, type SessionOptions} from '../registry/session.ts';
import {familiarName, parseReference, withDefaultTag, type Reference} from '../reference/reference.ts';

/** What refers to an image at its registry: a signature, an SBOM. */
export type Referrer = Descriptor;

type RemoteOptions = Pick<SessionOptions, 'signal' | 'patience' | 'timeouts'>;

/** The tags that a repository has at its registry. */
export function remoteTags(text: string, options: RemoteOptions = {}): Promise<string[]> {
	const reference = parseReference(text);
	if (reference.tag !== undefined || reference.digest)
		throw new EngineError({code: 'reference.invalid', subject: text, message: `${text} is an image; the tags are those of a repository`});
	return withSession(reference, options, session => listTags(session, familiarName(reference)));
}

export function remoteReferrers(text: string, {artifactType, ...options}: RemoteOptions & {readonly artifactType?: string} = {}): Promise<readonly Referrer[]> {
	const reference = withDefaultTag(parseReference(text));
	return withSession(reference, options, async session => listReferrers(session, reference.digest ?? (await digestOfTag(session, reference.tag ?? 'latest')), artifactType));
}

async function digestOfTag(session: Session, tag: string): Promise<Digest> {
	const announced = await session.manifestDigest(tag);
	return announced === undefined ? (await session.manifest(tag)).digest : parseDigest(announced);
}

async function withSession<T>(reference: Reference, options: RemoteOptions, work: (session: Session) => Promise<T>): Promise<T> {
	const session = await openSession(reference, options);
	try {
		return await work(session);
	} finally {
		session.close();
	}
}
