import {EngineError} from '../errors/error.ts';
import {isPrivateAddress} from './address.ts';
import {discard, drop} from './body.ts';
import type {Reply, Send, Transport} from './http.ts';

const redirectLimit = 5;
const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * Sends, and follows where the registry points. What proves who we are stays with the origin that it was meant for; from https only
 * https is followed; and a public registry cannot send us to private addresses.
 */
export async function sendFollowing(transport: Transport, url: URL, request: Send): Promise<Reply> {
	let reply = await transport.send(url, request);
	const onlyPublic = isPublicPeer(reply);
	for (let followed = 0; redirects.has(reply.status); followed++) {
		if (followed === redirectLimit) throw refuse(reply, url, `redirects more than ${redirectLimit} times`);
		const target = checkTarget(reply, url);
		discard(reply);
		const isSame = target.origin === url.origin;
		const {Authorization: _, ...open} = request.headers ?? {};
		reply = await transport.send(target, {...request, ...(!isSame && {headers: open, onlyPublic})});
	}
	return reply;
}

/** Whether a stranger's machine has answered: one whose address is not known counts as such. */
export const isPublicPeer = ({address}: Pick<Reply, 'address'>): boolean => address === undefined || !isPrivateAddress(address);

/** Where an answer points to, when that is a place we may be sent to. */
export function checkTarget(reply: Reply, origin: URL): URL {
	const {location} = reply.headers;
	const target = location === undefined || location.length > 8192 ? null : URL.parse(location, reply.url.href);
	if (!target) throw refuse(reply, origin, 'redirects to nowhere');
	if (target.protocol !== 'https:' && (target.protocol !== 'http:' || reply.url.protocol === 'https:'))
		throw refuse(reply, origin, `redirects to ${target.protocol}//, which is not encrypted`);
	if (target.username !== '' || target.password !== '') throw refuse(reply, origin, 'redirects to an address with a user name');
	return target;
}

function refuse(reply: Reply, origin: URL, reason: string): EngineError {
	drop(reply);
	return new EngineError({code: 'registry.bad-redirect', subject: origin.host, message: `the registry at ${origin.host} ${reason}`});
}
