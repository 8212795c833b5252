import {readdirSync, readFileSync} from 'node:fs';
import {BlockList, isIP} from 'node:net';
import {join} from 'node:path';
import {hasErrno} from '../errors/codes.ts';
import {EngineError} from '../errors/error.ts';
import {parseStrictJson, type JsonObject} from '../oci/json.ts';
import {readTrusted} from '../platform/trusted.ts';
import {asObject, asStrings, below, optional, placeOf, type Place} from '../oci/shape.ts';

/** What the administrator says of registries. */
export type RegistrySettings = {
	/** Hosts, `host:port`s and CIDR blocks that may be spoken to in plain, or with a certificate that nobody vouches for. */
	readonly insecure: readonly string[];
	/** Asked before the registry itself, in this order, when something is read. */
	readonly mirrors: ReadonlyMap<string, readonly URL[]>;
};

/** How a TLS connection is checked, and who we say we are. */
export type Tls = {readonly verify: boolean; readonly ca?: readonly string[]; readonly client?: {readonly cert: string; readonly key: string}};

const list = asStrings(256, 1024);
const ownFile = (): string => process.env['HAWSER_REGISTRIES'] || '/etc/hawser/registries.json';
/** Its two keys mean the same here; it is read where there is no file of our own. */
const dockerFile = '/etc/docker/daemon.json';

/** From our own file, else from Docker's, and `HAWSER_INSECURE_REGISTRIES=host:port,host` on top. */
export function readSettings(): RegistrySettings {
	const named = (process.env['HAWSER_INSECURE_REGISTRIES'] ?? '').split(',').filter(host => host !== '');
	const own = ownFile();
	const bytes = trusted(own);
	const found = bytes ? {file: own, bytes} : {file: dockerFile, bytes: trusted(dockerFile)};
	if (!found.bytes) return {insecure: named, mirrors: new Map()};
	const place = placeOf(found.file);
	const object = asObject(parseStrictJson(found.bytes, found.file), place);
	const hub = optional(object, 'registry-mirrors', place, list) ?? [];
	return {insecure: [...named, ...(optional(object, 'insecure-registries', place, list) ?? [])], mirrors: readMirrors(object, hub, place)};
}

function readMirrors(object: JsonObject, hub: readonly string[], place: Place): Map<string, readonly URL[]> {
	const at = below(place, 'mirrors');
	const of = Object.entries(optional(object, 'mirrors', place, asObject) ?? {}).map(([host, value]) => [host, list(value, below(at, host))] as const);
	return new Map([['docker.io', hub] as const, ...of].map(([host, texts]) => [host, texts.map(text => parseMirror(text, place.subject))]));
}

function parseMirror(text: string, file: string): URL {
	const url = URL.parse(text);
	const isUsable = url && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '' && url.search === '' && url.hash === '';
	if (isUsable) return url;
	throw new EngineError({
		code: 'registry.bad-settings',
		subject: file,
		message: `invalid mirror in ${file}: ${JSON.stringify(text.slice(0, 200))}`,
		hint: 'Write it as https://host:port.',
	});
}

/** It decides where passwords go. */
const trusted = (path: string): Buffer | undefined => readTrusted(path, 'registry.bad-settings');

/** Docker's rule: an exact `host[:port]`, or a block that holds the host's address. */
export function isInsecure(host: string, {insecure}: RegistrySettings): boolean {
	const name = new URL(`http://${host}`).hostname.replace(/^\[|\]$/g, '');
	return insecure.some(entry => entry === host || (entry.includes('/') && holds(entry, name)));
}

function holds(block: string, name: string): boolean {
	const [net = '', prefix = ''] = block.split('/');
	const kind = isIP(net) === 6 ? 'ipv6' : 'ipv4';
	if (isIP(net) === 0 || isIP(name) !== isIP(net) || !/^\d{1,3}$/.test(prefix)) return false;
	const blocks = new BlockList();
	blocks.addSubnet(net, Number(prefix), kind);
	return blocks.check(name, kind);
}

const certFolders = (): readonly string[] => {
	const own = process.env['HAWSER_CERTS'];
	return own ? [own] : ['/etc/hawser/certs.d', '/etc/docker/certs.d'];
};

/** Docker's layout, `certs.d/HOST[:PORT]/`: `*.crt` are authorities beside those of the system, `X.cert` and `X.key` prove who we are. */
export function readCertificates(host: string): Omit<Tls, 'verify'> {
	for (const parent of certFolders()) {
		const folder = join(parent, host);
		const names = filesOf(folder);
		if (!names) continue;
		const ca = names.filter(name => name.endsWith('.crt')).map(name => readFileSync(join(folder, name), 'utf8'));
		const client = clientPair(folder, names);
		return {...(ca.length > 0 && {ca}), ...(client && {client})};
	}
	return {};
}

function filesOf(folder: string): string[] | undefined {
	try {
		return readdirSync(folder).sort();
	} catch (error) {
		if (hasErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
		throw error;
	}
}

function clientPair(folder: string, names: readonly string[]): Tls['client'] {
	const bad = (message: string) => new EngineError({code: 'registry.bad-settings', subject: folder, message: `${message} in ${folder}`});
	for (const name of names) {
		const stem = name.replace(/\.(cert|key)$/, '');
		if (name.endsWith('.key') && !names.includes(`${stem}.cert`)) throw bad(`missing client certificate ${stem}.cert for key ${name}`);
		if (name.endsWith('.cert') && !names.includes(`${stem}.key`)) throw bad(`missing key ${stem}.key for client certificate ${name}. CA certificates must use the extension .crt`);
	}
	const cert = names.find(name => name.endsWith('.cert'));
	if (cert === undefined) return undefined;
	return {cert: readFileSync(join(folder, cert), 'utf8'), key: readFileSync(join(folder, cert.replace(/\.cert$/, '.key')), 'utf8')};
}
