import type {MountSpec} from './model.ts';

/** The value of `PREFIX=VALUE` among options. */
const valueOf = (options: readonly string[], prefix: string): string | undefined => options.find(option => option.startsWith(prefix))?.slice(prefix.length);

const pairs = (options: readonly string[], prefix: string): Record<string, string> =>
	Object.fromEntries(
		options
			.filter(option => option.startsWith(prefix))
			.map(option => {
				const [, key = '', value = ''] = /^([^=]*)=?([\s\S]*)$/.exec(option.slice(prefix.length)) ?? [];
				return [key, value];
			}),
	);

/** Without what is empty, as Go's omitempty leaves it out; undefined when that is all. */
function filled(object: Readonly<Record<string, unknown>>): Record<string, unknown> | undefined {
	const entries = Object.entries(object).filter(
		([, value]) => value !== undefined && value !== false && value !== '' && (typeof value !== 'object' || Object.keys(value ?? {}).length > 0),
	);
	return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

const recursion: Readonly<Record<string, object>> = {
	disabled: {NonRecursive: true},
	writable: {ReadOnlyNonRecursive: true},
	readonly: {ReadOnlyForceRecursive: true},
};

const bindOptions = (options: readonly string[]): object => ({
	Propagation: options.find(option => /^r?(shared|slave|private)$/.test(option)),
	...recursion[valueOf(options, 'bind-recursive=') ?? ''],
	CreateMountpoint: options.includes('bind-create-src'),
});

function volumeOptions(options: readonly string[]): object {
	const driver = filled({Name: valueOf(options, 'volume-driver='), Options: pairs(options, 'volume-opt=')});
	return {NoCopy: options.includes('nocopy'), Labels: pairs(options, 'volume-label='), Subpath: valueOf(options, 'volume-subpath='), DriverConfig: driver};
}

function tmpfsOptions(options: readonly string[]): object {
	const [size, mode] = [valueOf(options, 'tmpfs-size='), valueOf(options, 'tmpfs-mode=')];
	return {SizeBytes: size === undefined ? undefined : Number(size), Mode: mode === undefined ? undefined : Number.parseInt(mode, 8)};
}

/** A mount as `HostConfig.Mounts` has it. */
export const askedMount = ({type, source, target, readOnly, options}: Omit<MountSpec, 'type'> & {readonly type: string}): Readonly<Record<string, unknown>> =>
	filled({
		Type: type,
		Source: source,
		Target: target,
		ReadOnly: readOnly,
		Consistency: options.find(option => /^(consistent|cached|delegated|default)$/.test(option)),
		BindOptions: type === 'bind' ? filled({...bindOptions(options)}) : undefined,
		VolumeOptions: type === 'volume' ? filled({...volumeOptions(options)}) : undefined,
		TmpfsOptions: type === 'tmpfs' ? filled({...tmpfsOptions(options)}) : undefined,
	}) ?? {};
