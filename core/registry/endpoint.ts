import {isLoopbackHost} from './address.ts';
import {isInsecure, readCertificates, readSettings, type RegistrySettings, type Tls} from './settings.ts';

/** A way to reach a registry. */
export type Endpoint = {
	/** With a slash at its end. */
	readonly base: URL;
	readonly tls: Tls;
};

/** One place that may have what is asked for: the registry itself, or a mirror of it. */
export type Place = {
	/** Whose credentials are used there. */
	readonly domain: string;
	readonly isMirror: boolean;
	/** In the order in which they are tried; the first that answers is kept. */
	readonly endpoints: readonly Endpoint[];
};

const hubHost = 'registry-1.docker.io';

/** The places for a registry's content. Mirrors are asked first when we read, and never when we write. */
export function placesOf(domain: string, {write = false, settings = readSettings()}: {readonly write?: boolean; readonly settings?: RegistrySettings} = {}): Place[] {
	const own = {domain, isMirror: false, endpoints: endpointsOf(domain, settings)};
	if (write) return [own];
	const mirrors = (settings.mirrors.get(domain) ?? []).map(url => ({domain: url.host, isMirror: true, endpoints: [mirrorEndpoint(url, settings)]}));
	return [...mirrors, own];
}

function mirrorEndpoint(url: URL, settings: RegistrySettings): Endpoint {
	return {base: withSlash(url), tls: {verify: !isInsecure(url.host, settings), ...readCertificates(url.host)}};
}

const withSlash = (url: URL): URL => (url.pathname.endsWith('/') ? url : new URL(`${url.href}/`));

/**
 * Where a registry may answer, in order. Only our own machine, and hosts that the user has named as insecure, are ever spoken to
 * without TLS or without checking its certificate: loopback first in plain, because that is what listens there. Where somebody has
 * put certificates for a host of our own machine, they count.
 */
export function endpointsOf(domain: string, settings: RegistrySettings): Endpoint[] {
	if (domain === 'docker.io') return [{base: new URL(`https://${hubHost}/`), tls: {verify: true, ...readCertificates('docker.io')}}];
	const https = new URL(`https://${domain}/`);
	const certificates = readCertificates(domain);
	const isLoopback = isLoopbackHost(https.hostname);
	if (!isInsecure(domain, settings) && (!isLoopback || certificates.ca)) return [{base: https, tls: {verify: true, ...certificates}}];
	const tls = {verify: false, ...certificates};
	const plain = {base: new URL(`http://${domain}/`), tls};
	return isLoopback ? [plain, {base: https, tls}] : [{base: https, tls}, plain];
}
