import type {Engine} from '../engine/engine.ts';
import {EngineError} from '../errors/error.ts';
import {parseExpose} from '../network/publish.ts';
import {networkStore} from '../network/store.ts';
import {isRunning, readLive} from './live.ts';
import {type ContainerRecord, findRecord, recordById} from './record.ts';

/** `--link NAME:ALIAS`: on the network `bridge` lines of /etc/hosts and variables, as ever; elsewhere a name that this container alone knows. */

export type Link = {readonly target: ContainerRecord; readonly alias: string};

/** `NAME:ALIAS` with the id in place of the name, which may change. */
export function resolveLink(engine: Engine, text: string): string {
	const [name = '', alias = name.replace(/^\//, '')] = text.split(':', 2);
	if (!/^\/?[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(name) || !/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}$/.test(alias) || text.split(':').length > 2)
		throw new EngineError({code: 'container.invalid', subject: text, message: `invalid link ${JSON.stringify(text)}: bad format for links: ${text}`});
	return `${findTarget(engine, name, alias).id}:${alias}`;
}

function findTarget(engine: Engine, name: string, alias: string): ContainerRecord {
	try {
		return findRecord(engine.db, name);
	} catch (cause) {
		throw new EngineError({
			code: 'container.invalid',
			subject: name,
			message: `could not get container for ${name}: No such container: ${name}`,
			hint: `It is what --link would call ${alias}.`,
			cause,
		});
	}
}

export const readLink = (engine: Engine, text: string): Link | undefined => {
	const [id = '', alias = ''] = text.split(':', 2);
	const target = recordById(engine.db, id);
	return target && {target, alias};
};

/** Those of the network `bridge` that can be reached. Who is linked to must run for that: at a start it is an error that one does not (`demand`). */
export function liveLinks(engine: Engine, {name}: ContainerRecord, links: readonly string[], demand: boolean): Array<Link & {readonly address: string}> {
	const store = networkStore(engine.db);
	return links.flatMap(text => {
		const link = readLink(engine, text);
		if (link === undefined) return [];
		const runs = isRunning(readLive(engine, link.target.id));
		if (!runs && !demand) return [];
		if (!runs)
			throw new EngineError({
				code: 'container.not-running',
				subject: link.target.name,
				message: `Cannot link to a non running container: /${link.target.name} AS /${name}/${link.alias}`,
				hint: `\`hawser start ${link.target.name}\` first.`,
			});
		const bridge = store.networkByName('bridge');
		const address = store.endpointsOfContainer(link.target.id).find(({networkId}) => networkId === bridge?.id)?.address;
		if (address === null || address === undefined)
			throw new EngineError({code: 'container.invalid', subject: link.target.name, message: `Cannot link to /${link.target.name}, as it does not belong to the default network`});
		return [{...link, address}];
	});
}

const ownVariables: readonly string[] = ['HOME', 'PATH'];

type Port = ReturnType<typeof parseExpose>[number];

/** Those of TCP first; a run of consecutive ports also has variables of its first and last. */
function portVariables(prefix: string, address: string, ports: readonly Port[]): string[] {
	const url = ({protocol, port}: Port): string => `${protocol}://${address}:${port}`;
	const of = ({protocol, port}: Port): string => `${prefix}_PORT_${port}_${protocol.toUpperCase()}`;
	const [first] = ports;
	const variables = first === undefined ? [] : [`${prefix}_PORT=${url(first)}`];
	let start = first;
	ports.forEach((port, index) => {
		variables.push(`${of(port)}=${url(port)}`, `${of(port)}_ADDR=${address}`, `${of(port)}_PORT=${port.port}`, `${of(port)}_PROTO=${port.protocol}`);
		const next = ports[index + 1];
		if (next?.protocol === port.protocol && next.port === port.port + 1) return;
		if (start !== undefined && start !== port)
			variables.push(`${of(start)}_START=${url(start)}`, `${of(start)}_PORT_START=${start.port}`, `${of(start)}_END=${url(port)}`, `${of(start)}_PORT_END=${port.port}`);
		start = next;
	});
	return variables;
}

const protocolOrder = ({protocol}: Port): string => (protocol === 'tcp' ? '' : protocol);

/** `DB_PORT_5432_TCP_ADDR` and its like. */
export function linkVariables(name: string, {target, alias, address}: Link & {readonly address: string}): string[] {
	const prefix = alias.toUpperCase().replaceAll('-', '_');
	const ports = target.config.exposed.flatMap(text => parseExpose(text)).sort((a, b) => protocolOrder(a).localeCompare(protocolOrder(b)) || a.port - b.port);
	const own = target.config.env.filter(variable => variable.includes('=') && !ownVariables.includes(variable.split('=', 1)[0] ?? ''));
	return [...portVariables(prefix, address, ports), `${prefix}_NAME=/${name}/${alias}`, ...own.map(variable => `${prefix}_ENV_${variable}`)];
}
