import {constants, closeSync, ftruncateSync, openSync, readFileSync, writeSync} from 'node:fs';
import {hostname as hostName} from 'node:os';
import {bind} from '../bundle/mounts.ts';
import type {Mount} from '../bundle/spec.ts';
import {hasNames} from '../network/network.ts';
import type {PlannedEndpoint} from '../network/plan.ts';
import {readIfThere, replaceFile} from '../platform/files.ts';
import type {NetworkSetup} from './network.ts';
import {containerFolder} from './place.ts';
import type {ContainerRecord} from './record.ts';

type Places = {readonly root: string};

/** /etc/hostname, hosts and resolv.conf: files of ours, bound over whatever the image has there. Written anew at each start, and never read: a container may write into them. */
export function writeEtcFiles(places: Places, record: ContainerRecord, setup: NetworkSetup): Mount[] {
	const folder = containerFolder(places, record.id);
	const files: Readonly<Record<string, string>> = {
		hostname: `${hostnameOf(record)}\n`,
		hosts: hostsFile(record, setup),
		'resolv.conf': resolvFile(record, setup.endpoints),
	};
	for (const [name, text] of Object.entries(files)) replaceFile(`${folder}/${name}`, text, 0o644);
	return etcMounts(places, record.id);
}

/** The files of a container, for it or for one that shares its network. */
export const etcMounts = (places: Places, id: string): Mount[] => ['hostname', 'hosts', 'resolv.conf'].map(name => bind(`${containerFolder(places, id)}/${name}`, `/etc/${name}`));

/** For a container that runs, whose networks have changed: in place, since the files are mounted. */
export function rewriteEtcFiles(places: Places, record: ContainerRecord, setup: NetworkSetup): void {
	const folder = containerFolder(places, record.id);
	overwrite(`${folder}/hosts`, hostsFile(record, setup));
	overwrite(`${folder}/resolv.conf`, resolvFile(record, setup.endpoints));
}

function overwrite(path: string, text: string): void {
	const fd = openSync(path, constants.O_WRONLY | constants.O_NOFOLLOW);
	try {
		writeSync(fd, text, 0);
		ftruncateSync(fd, Buffer.byteLength(text));
	} finally {
		closeSync(fd);
	}
}

export const hostnameOf = ({config}: ContainerRecord): string => config.hostname || hostName();

const localhost4 = '127.0.0.1\tlocalhost\n';
const localhost6 = `::1\tlocalhost ip6-localhost ip6-loopback
fe00::\tip6-localnet
ff00::\tip6-mcastprefix
ff02::1\tip6-allnodes
ff02::2\tip6-allrouters
`;

const withNewline = (text: string): string => (text === '' || text.endsWith('\n') ? text : `${text}\n`);

/** The address of the host that a container can reach: the gateway of its first network that has a way out. */
const hostGateway = (endpoints: readonly PlannedEndpoint[]): string =>
	endpoints.flatMap(({network}) => (network.internal ? [] : network.pools.map(({gateway}) => gateway))).find(gateway => gateway !== null) ?? '127.0.0.1';

/** Docker's order: localhost, what was asked for, links, the container itself by each of its addresses. */
function hostsFile(record: ContainerRecord, {endpoints, links}: NetworkSetup): string {
	const {config} = record;
	const base = config.network === 'host' ? withNewline(readFileSync('/etc/hosts', 'utf8')) : `${localhost4}${localhost6}`;
	const extra = config.extraHosts.map(entry => {
		const [, name = '', address = ''] = /^([^:=]+)[:=](.+)$/.exec(entry) ?? [];
		return `${address === 'host-gateway' ? hostGateway(endpoints) : address.replace(/^\[(.*)\]$/, '$1')}\t${name}\n`;
	});
	const linked = links.map(({target, alias, address}) => `${address}\t${[...new Set([alias, hostnameOf(target), target.name])].join(' ')}\n`);
	const name = hostnameOf(record);
	const names = config.domainname === '' ? name : `${name}.${config.domainname} ${name}`;
	const own = endpoints.flatMap(({endpoint}) => [endpoint.address, endpoint.address6].filter(address => address !== null)).map(address => `${address}\t${names}\n`);
	return [base, ...extra, ...linked, ...own].join('');
}

/** Docker's choice where the host has only resolvers of its own loopback, which a container cannot reach. */
const publicResolvers = ['8.8.8.8', '8.8.4.4'];

const RESOLVER = '127.0.0.11';

/** With names of containers there is the resolver, which asks the host's servers itself, and knows names without a dot. */
function resolvFile({config}: ContainerRecord, endpoints: readonly PlannedEndpoint[]): string {
	const host = readIfThere('/etc/resolv.conf') ?? '';
	if (config.network === 'host' && config.dns.length + config.dnsSearch.length + config.dnsOptions.length === 0) return host;
	const lines = host.split('\n').map(line => line.trim().split(/\s+/));
	const valuesOf = (keyword: string): string[] => lines.filter(([first]) => first === keyword).flatMap(([, ...values]) => values);
	const hasResolver = endpoints.some(({network}) => hasNames(network));
	const reachable = valuesOf('nameserver').filter(address => config.network === 'host' || !/^(127\.|::1$)/.test(address));
	const servers = config.dns.length > 0 ? config.dns : reachable.length > 0 ? reachable : publicResolvers;
	const search = config.dnsSearch.length > 0 ? config.dnsSearch.filter(domain => domain !== '.') : (lines.findLast(([first]) => first === 'search')?.slice(1) ?? []);
	const asked = config.dnsOptions.length > 0 ? config.dnsOptions : valuesOf('options');
	const options = hasResolver && !asked.some(option => option.startsWith('ndots:')) ? [...asked, 'ndots:0'] : asked;
	return [
		...(hasResolver ? [RESOLVER] : servers).map(server => `nameserver ${server}\n`),
		search.length > 0 ? `search ${search.join(' ')}\n` : '',
		options.length > 0 ? `options ${options.join(' ')}\n` : '',
	].join('');
}
