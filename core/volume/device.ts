import {isIP} from 'node:net';
import {EngineError} from '../errors/error.ts';
import type {VolumeDevice} from './model.ts';

/** Options of the driver local: `type`, `device` and `o` are those of mount(8). */

type Options = Readonly<Record<string, string>>;

const needs: Readonly<Record<string, readonly string[]>> = {device: ['type'], type: ['device'], o: ['device', 'type']};

const invalid = (subject: string, message: string, hint?: string): EngineError => new EngineError({code: 'volume.unsupported-option', subject, message, hint});

/** In Docker's words; options that make no sense together are refused when the volume is made, not when it is used. */
export const checkVolumeOptions = (options: Options): void => {
	for (const [name, value] of Object.entries(options)) {
		if (name === 'size') throw invalid(name, 'quota size requested but no quota support', 'Give a tmpfs its size: type=tmpfs, device=tmpfs, o=size=64m.');
		const required = Object.hasOwn(needs, name) ? needs[name] : undefined;
		if (required === undefined) throw invalid(name, `invalid option: "${name}"`, 'type, device and o are.');
		const missing = required.find(other => !Object.hasOwn(options, other));
		if (missing !== undefined) throw invalid(name, `missing required option: "${missing}"`);
		if (/[\0\n]/.test(value)) throw invalid(name, `invalid value of the option ${name}`);
	}
	const {type, device = ''} = options;
	if (type !== undefined && !/^[a-z0-9_.]{1,32}$/.test(type) && words(options).every(word => word !== 'bind' && word !== 'rbind')) throw invalid(type, `invalid type "${type}"`);
	if (isBind(options) && !device.startsWith('/')) throw invalid(device, `invalid device "${device}": a folder to bind has an absolute path`);
};

const words = ({o = ''}: Options): string[] => o.split(',').filter(word => word !== '');

const isBind = (options: Options): boolean => words(options).some(word => word === 'bind' || word === 'rbind');

/** NFS takes its server's address in an option; `device` is `:/path`. */
const checkNfs = (type: string, list: readonly string[]): void => {
	const address = list.find(word => word.startsWith('addr='))?.slice(5);
	if (type.startsWith('nfs') && (address === undefined || isIP(address) === 0))
		throw invalid(type, `a volume of the type ${type} needs the address of its server`, 'Add addr=ADDRESS to o.');
};

/** What is mounted for a volume; undefined: its folder in the store. */
export const deviceOf = (options: Options): VolumeDevice | undefined => {
	const {type, device} = options;
	if (type === undefined || device === undefined) return undefined;
	const list = words(options);
	checkNfs(type, list);
	return {type: isBind(options) ? 'bind' : type, source: device, options: list};
};
