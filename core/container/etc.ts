import {readFileSync} from 'node:fs';
import {hostname as hostName} from 'node:os';
import {bind} from '../bundle/mounts.ts';
import type {Mount} from '../bundle/spec.ts';
import {readIfThere, replaceFile} from '../platform/files.ts';
import type {NetworkSetup} from './network.ts';
import {containerFolder} from './place.ts';
import type {ContainerRecord} from './record.ts';

/** /etc/hostname, hosts and resolv.conf: files of ours, bound over whatever the image has there. Written anew at each start, and never read: a container may write into them. */
export function writeEtcFiles(places: {readonly root: string}, record: ContainerRecord, setup: NetworkSetup): Mount[] {
	const folder = containerFolder(places, record.id);
	const files: Readonly<Record<string, string>> = {
		hostname: `${hostnameOf(record)}\n`,
		hosts: hostsFile(record, setup),
		'resolv.conf': resolvFile(record),
	};
	return Object.entries(files).map(([name, text]) => {
		replaceFile(`${folder}/${name}`, text, 0o644);
		return bind(`${folder}/${name}`, `/etc/${name}`);
	});
}

export const hostnameOf = ({config}: ContainerRecord): string => config.hostname || hostName();

const localhost = `127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::\tip6-localnet
ff00::\tip6-mcastprefix
ff02::1\tip6-allnodes
ff02::2\tip6-allrouters
`;

function hostsFile(record: ContainerRecord, {endpoint, network}: NetworkSetup): string {
	const {config} = record;
	const base = config.network === 'host' ? readFileSync('/etc/hosts', 'utf8') : localhost;
	const extra = config.extraHosts.map(entry => {
		const [, name = '', address = ''] = /^([^:=]+)[:=](.+)$/.exec(entry) ?? [];
		return `${address === 'host-gateway' ? (network?.gateway ?? '127.0.0.1') : address.replace(/^\[(.*)\]$/, '$1')}\t${name}\n`;
	});
	const name = hostnameOf(record);
	const own = endpoint === undefined ? '' : `${endpoint.address}\t${config.domainname === '' ? '' : `${name}.${config.domainname} `}${name}\n`;
	return [base.endsWith('\n') ? base : `${base}\n`, ...extra, own].join('');
}

/** Docker's choice where the host has only resolvers of its own loopback, which a container cannot reach. */
const publicResolvers = ['8.8.8.8', '8.8.4.4'];

function resolvFile({config}: ContainerRecord): string {
	const host = readIfThere('/etc/resolv.conf') ?? '';
	if (config.network === 'host' && config.dns.length + config.dnsSearch.length + config.dnsOptions.length === 0) return host;
	const lines = host.split('\n').map(line => line.trim().split(/\s+/));
	const valuesOf = (keyword: string): string[] => lines.filter(([first]) => first === keyword).flatMap(([, ...values]) => values);
	const reachable = valuesOf('nameserver').filter(address => config.network === 'host' || !/^(127\.|::1$)/.test(address));
	const servers = config.dns.length > 0 ? config.dns : reachable.length > 0 ? reachable : publicResolvers;
	const search = config.dnsSearch.length > 0 ? config.dnsSearch.filter(domain => domain !== '.') : (lines.findLast(([first]) => first === 'search')?.slice(1) ?? []);
	const options = config.dnsOptions.length > 0 ? config.dnsOptions : valuesOf('options');
	return [
		...servers.map(server => `nameserver ${server}\n`),
		search.length > 0 ? `search ${search.join(' ')}\n` : '',
		options.length > 0 ? `options ${options.join(' ')}\n` : '',
	].join('');
}
