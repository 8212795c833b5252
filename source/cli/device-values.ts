import type {DeviceRequest} from '../../core/index.ts';
import {parseBytes} from './flag-kinds.ts';
import {csvFields, toMap} from './run-values.ts';

/** Values of the flags that speak of devices. */

export type DeviceRate = {readonly path: string; readonly rate: number};

export function parseDeviceRate(text: string): DeviceRate {
	const {path, value} = splitPath(text);
	const rate = /^\d+$/.test(value) ? Number(value) : parseRate(text, value);
	if (!Number.isSafeInteger(rate)) throw new Error(`invalid rate for device: ${text}`);
	return {path, rate};
}

function splitPath(text: string): {readonly path: string; readonly value: string} {
	const at = text.indexOf(':');
	if (at <= 0) throw new Error(`bad format: ${text}`);
	const path = text.slice(0, at);
	if (!path.startsWith('/dev/')) throw new Error(`bad format for device path: ${text}`);
	return {path, value: text.slice(at + 1)};
}

function parseRate(text: string, rate: string): number {
	try {
		return parseBytes(rate);
	} catch (error) {
		throw new Error(
			`invalid rate for device: ${text}. The correct format is <device-path>:<number>[<unit>]. Number must be a positive integer. Unit is optional and can be kb, mb, or gb`,
			{cause: error},
		);
	}
}

export function parseDeviceOperations(text: string): DeviceRate {
	const {path, value} = splitPath(text);
	if (!/^\d+$/.test(value) || !Number.isSafeInteger(Number(value)))
		throw new Error(`invalid rate for device: ${text}. The correct format is <device-path>:<number>. Number must be a positive integer`);
	return {path, rate: Number(value)};
}

export function parseDeviceWeight(text: string): {readonly path: string; readonly weight: number} {
	const {path, value} = splitPath(text);
	const weight = /^\d{1,5}$/.test(value) ? Number(value) : Number.NaN;
	if (!(weight === 0 || (weight >= 10 && weight <= 1000))) throw new Error(`invalid weight for device: ${text}`);
	return {path, weight};
}

export const checkDeviceRate = (text: string): void => void parseDeviceRate(text);
export const checkDeviceOperations = (text: string): void => void parseDeviceOperations(text);
export const checkDeviceWeight = (text: string): void => void parseDeviceWeight(text);

export function checkDeviceRule(text: string): void {
	if (!/^[acb] (\d+|\*):(\d+|\*) [rwm]{1,3}$/.test(text)) throw new Error(`invalid device cgroup format '${text}'`);
}

/** `vendor.com/class=name`, as CDI's files on the host call a device. */
export const isCdiName = (text: string): boolean => /^[a-zA-Z][\w.-]*[a-zA-Z0-9]\/[a-zA-Z][\w-]*=[a-zA-Z0-9]([\w.:-]*[a-zA-Z0-9])?$/.test(text);

const isMode = (text: string): boolean => /^[rwm]+$/.test(text) && new Set(text).size === text.length;

/** `HOST[:CONTAINER][:MODE]`, refused in Docker's words. */
export function checkDevice(text: string): string {
	const parts = text.split(':');
	if (parts.length > 3 || parts[0] === '') throw new Error(`bad format for path: ${text}`);
	const [host = '', middle, mode] = parts;
	if (mode !== undefined && !isMode(mode)) throw new Error(`bad mode specified: ${mode}`);
	const inside = middle === undefined || (mode === undefined && isMode(middle)) ? host : middle;
	if (!inside.startsWith('/')) throw new Error(`${inside} is not an absolute path`);
	return text;
}

const GPU = 'gpu';

/** `all`, `2`, `"device=0,1"`, `driver=nvidia,"capabilities=compute,utility"`. */
export function parseGpus(text: string): DeviceRequest {
	const values = new Map<string, string>();
	for (const field of csvFields(text)) {
		const at = field.indexOf('=');
		const [key, value] = at < 0 ? ['count', field] : [field.slice(0, at), field.slice(at + 1)];
		if (values.has(key)) throw new Error(`gpu request key '${at < 0 ? field : key}' can be specified only once`);
		if (!['driver', 'count', 'device', 'capabilities', 'options'].includes(key)) throw new Error(`unexpected key '${key}' in '${field}'`);
		values.set(key, value);
	}
	const list = (key: string): string[] => values.get(key)?.split(',') ?? [];
	return {
		driver: values.get('driver') ?? '',
		count: values.has('count') ? parseCount(values.get('count') ?? '') : values.has('device') ? 0 : 1,
		deviceIds: list('device'),
		capabilities: [...list('capabilities'), GPU],
		options: toMap(csvFields(values.get('options') ?? '')),
	};
}

function parseCount(text: string): number {
	if (text === 'all') return -1;
	if (!/^[+-]?\d{1,9}$/.test(text)) throw new Error(`invalid count (${text}): value must be either "all" or an integer: invalid syntax`);
	return Number(text);
}

export const checkGpus = (text: string): void => void parseGpus(text);
