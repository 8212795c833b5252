import {isIP} from 'node:net';
import {EngineError} from '../errors/error.ts';
import {parseAddress} from './address.ts';
import type {PortProtocol, PublishSpec} from './model.ts';

type Range = {readonly first: number; readonly last: number};

const protocols: readonly PortProtocol[] = ['tcp', 'udp', 'sctp'];

const invalid = (spec: string, why: string): EngineError =>
	new EngineError({
		code: 'network.invalid-port',
		subject: spec,
		message: `invalid port mapping "${spec}": ${why}`,
		hint: 'write [HOST-ADDRESS:][HOST-PORT:]CONTAINER-PORT[/tcp|udp|sctp]',
	});

const parsePort = (text: string, spec: string, what: string): number => {
	const port = Number(text);
	if (!/^\d{1,5}$/.test(text) || port > 65535) throw invalid(spec, `invalid ${what}: ${text === '' ? '<empty>' : text}`);
	return port;
};

const parseRange = (text: string, spec: string, what: string): Range => {
	const dash = text.indexOf('-');
	const first = parsePort(dash < 0 ? text : text.slice(0, dash), spec, what);
	const last = dash < 0 ? first : parsePort(text.slice(dash + 1), spec, what);
	if (last < first) throw invalid(spec, `invalid ${what} range: ${text}`);
	return {first, last};
};

const parseProtocol = (text: string, spec: string): PortProtocol => {
	const name = text === '' ? 'tcp' : text.toLowerCase();
	const protocol = protocols.find(known => known === name);
	if (protocol === undefined) throw invalid(spec, `invalid proto: ${text}`);
	return protocol;
};

/** Cuts at the last two colons: what stands before them is the address, which may itself hold colons. */
const cut = (text: string): {hostIp: string; host: string; container: string} => {
	const parts = text.split(':');
	const container = parts.pop() ?? '';
	const host = parts.pop() ?? '';
	return {hostIp: parts.join(':'), host, container};
};

const parseHostIp = (text: string, spec: string): string => {
	const address = text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text;
	const family = isIP(address);
	if (address !== '' && (family === 0 || address.includes('%') || (family === 4 && parseAddress(address) === undefined))) throw invalid(spec, `invalid IP address: ${text}`);
	return address;
};

/** `80/tcp` and `8000-8010/udp`: what EXPOSE and `--expose` say. */
export const parseExpose = (text: string): Array<{protocol: PortProtocol; port: number}> => {
	const slash = text.indexOf('/');
	const protocol = parseProtocol(slash < 0 ? '' : text.slice(slash + 1), text);
	const {first, last} = parseRange(slash < 0 ? text : text.slice(0, slash), text, 'containerPort');
	return Array.from({length: last - first + 1}, (_, index) => ({protocol, port: first + index}));
};

/**
 * `-p [ip:][hostPort[-hostPort]:]containerPort[-containerPort][/proto]`, as Docker reads it: ranges of one length go port by
 * port; a host range before a single container port means the first free one of it.
 */
export const parsePublish = (spec: string): PublishSpec[] => {
	const slash = spec.lastIndexOf('/');
	const protocol = parseProtocol(slash < 0 ? '' : spec.slice(slash + 1), spec);
	const {hostIp: rawIp, host: rawHost, container: rawContainer} = cut(slash < 0 ? spec : spec.slice(0, slash));
	const hostIp = parseHostIp(rawIp, spec);
	if (rawContainer === '') throw invalid(spec, `No port specified: ${spec}<empty>`);
	const container = parseRange(rawContainer, spec, 'containerPort');
	if (container.first === 0) throw invalid(spec, 'invalid containerPort: 0');
	const count = container.last - container.first + 1;
	const host = rawHost === '' ? undefined : parseRange(rawHost, spec, 'hostPort');
	if (host === undefined) return Array.from({length: count}, (_, index) => ({protocol, hostIp, hostPort: 0, containerPort: container.first + index}));
	if (count === 1 && host.last > host.first) return [{protocol, hostIp, hostPort: host.first, hostPortEnd: host.last, containerPort: container.first}];
	if (host.last - host.first + 1 !== count) throw invalid(spec, 'the ranges of host ports and container ports differ in length');
	return Array.from({length: count}, (_, index) => ({protocol, hostIp, hostPort: host.first + index, containerPort: container.first + index}));
};
