import {parseSecurity} from '../bundle/security.ts';
import {EngineError} from '../errors/error.ts';
import {readIfThere} from '../platform/files.ts';
import {reasonOf, runProgram} from '../platform/run.ts';
import type {ContainerConfig} from './config.ts';

export const DEFAULT_PROFILE = 'hawser-default';

/** Whether this kernel applies AppArmor's profiles. */
export const hasApparmor = (): boolean => readIfThere('/sys/module/apparmor/parameters/enabled')?.trim() === 'Y';

const PARSERS = ['/sbin/apparmor_parser', '/usr/sbin/apparmor_parser'];

/** The profile of a container's program: what was asked for; else ours, where the host can have one. */
export async function chooseApparmor({securityOpt, privileged}: Pick<ContainerConfig, 'securityOpt' | 'privileged'>): Promise<string | undefined> {
	const {apparmor} = parseSecurity(securityOpt);
	if (apparmor === 'unconfined' || (apparmor === undefined && privileged) || (apparmor === undefined && !hasApparmor())) return undefined;
	if (apparmor !== undefined && apparmor !== DEFAULT_PROFILE) return apparmor;
	return (await ensureDefault()) ? DEFAULT_PROFILE : undefined;
}

/** For inspect: as Docker shows it. */
export const apparmorOf = ({securityOpt, privileged}: Pick<ContainerConfig, 'securityOpt' | 'privileged'>): string =>
	parseSecurity(securityOpt).apparmor ?? (!hasApparmor() ? '' : privileged ? 'unconfined' : DEFAULT_PROFILE);

/** Of a process that runs; a further one in the same container gets it, too. */
export const confinementOf = (pid: number): string | undefined => /^(\S+) \((enforce|complain)\)/.exec(hasApparmor() ? (readIfThere(`/proc/${pid}/attr/current`) ?? '') : '')?.[1];

/** False: the kernel has AppArmor, but nothing here that can load a profile. */
async function ensureDefault(): Promise<boolean> {
	if (
		readIfThere('/sys/kernel/security/apparmor/profiles')
			?.split('\n')
			.some(line => line.startsWith(`${DEFAULT_PROFILE} `)) === true
	)
		return true;
	const parser = PARSERS.find(path => readIfThere(path) !== undefined);
	if (parser === undefined) return false;
	const result = await runProgram(parser, ['--quiet', '--replace', '--skip-cache'], {input: profile});
	if (result.code === 0) return true;
	throw new EngineError({
		code: 'container.no-apparmor',
		subject: DEFAULT_PROFILE,
		message: `cannot load the AppArmor profile ${DEFAULT_PROFILE}: ${reasonOf(result, parser)}`,
		hint: '--security-opt apparmor=unconfined runs without one.',
	});
}

/** What a program in a container has no business with, whatever capabilities it was given. */
const profile = `#include <tunables/global>

profile ${DEFAULT_PROFILE} flags=(attach_disconnected,mediate_deleted) {
  #include <abstractions/base>
  network,
  capability,
  file,
  umount,
  # From the host, and from our own kind.
  signal (receive) peer=unconfined,
  signal (send,receive) peer=${DEFAULT_PROFILE},
  ptrace (trace,read,tracedby,readby) peer=${DEFAULT_PROFILE},

  deny network alg,
  deny mount,
  # Of /proc: its own processes, and the settings of its own namespaces. A glob cannot say "other than sys", so letter by letter.
  deny @{PROC}/[^0-9s]** w,
  deny @{PROC}/s[^y]** w,
  deny @{PROC}/sys[^/]** rwklx,
  deny @{PROC}/sys/[^kn]** w,
  deny @{PROC}/sys/kernel/[^ms]** w,
  deny @{PROC}/sys/kernel/{m[^s],s[^eh]}** w,
  deny @{PROC}/kcore rwklx,
  # Of /sys: the cgroups, where they are writable at all.
  deny /sys/[^f]** wklx,
  deny /sys/f[^s]** wklx,
  deny /sys/fs/[^c]** wklx,
  deny /sys/fs/c[^g]** wklx,
  deny /sys/{firmware,kernel/security,devices/virtual/powercap}/** rwklx,
}
`;
