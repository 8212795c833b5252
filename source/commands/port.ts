import {findContainer, type PublishedPort} from '../../core/index.ts';
import {print} from '../cli/output.ts';
import type {Verb} from '../cli/verb.ts';

export const verb: Verb = {
	usage: 'CONTAINER [PRIVATE_PORT[/PROTO]]',
	description: 'List the published ports of a container',
	args: [1, 2],
	flags: [],
	run({args: [name = '', wanted], engine}) {
		const published = findContainer(engine(), name)
			.ports.filter(({hostPort}) => hostPort !== undefined)
			.toSorted((a, b) => a.containerPort - b.containerPort);
		if (wanted === undefined) {
			print(published.map(port => `${port.containerPort}/${port.protocol} -> ${hostSide(port)}\n`).join(''));
			return 0;
		}
		const {port, protocol} = parsePort(wanted);
		const found = published.filter(({containerPort, protocol: other}) => containerPort === port && other === protocol);
		if (found.length === 0) throw new Error(`No public port '${wanted}' published for ${name}`);
		print(found.map(entry => `${hostSide(entry)}\n`).join(''));
		return 0;
	},
};

const hostSide = ({hostIp = '', hostPort}: PublishedPort): string => `${hostIp.includes(':') ? `[${hostIp}]` : hostIp}:${hostPort}`;

function parsePort(text: string): {port: number; protocol: string} {
	const [number = '', protocol = 'tcp'] = text.split('/');
	if (!/^\d{1,5}$/.test(number) || Number(number) > 65_535)
		throw new Error(`invalid port (${text}): strconv.ParseUint: parsing ${JSON.stringify(number)}: ${/^\d+$/.test(number) ? 'value out of range' : 'invalid syntax'}`);
	return {port: Number(number), protocol};
}
