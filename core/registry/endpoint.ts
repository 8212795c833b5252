import {isLoopbackHost} from './address.ts';

/** A way to reach a registry. */
export type Endpoint = {readonly base: URL; readonly verifyTls: boolean};

const hubHost = 'registry-1.docker.io';

/**
 * Where a registry may answer, in order. Only our own machine, and hosts that the user has named as insecure, are ever spoken to
 * without TLS or without checking its certificate: loopback first in plain, because that is what listens there.
 */
export function endpointsOf(domain: string, insecure: readonly string[]): Endpoint[] {
	if (domain === 'docker.io') return [{base: new URL(`https://${hubHost}`), verifyTls: true}];
	const https = new URL(`https://${domain}`);
	const isLoopback = isLoopbackHost(https.hostname);
	if (!isLoopback && !insecure.includes(domain)) return [{base: https, verifyTls: true}];
	const encrypted = {base: https, verifyTls: false};
	const plain = {base: new URL(`http://${domain}`), verifyTls: false};
	return isLoopback ? [plain, encrypted] : [encrypted, plain];
}

/** `HAWSER_INSECURE_REGISTRIES=host:port,host`. */
export const insecureRegistries = (): string[] => (process.env['HAWSER_INSECURE_REGISTRIES'] ?? '').split(',').filter(host => host !== '');
