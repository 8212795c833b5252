import {UsageError} from './flags.ts';
import type {Context} from './verb.ts';

/** The flag that turns checking off, as every verb of Docker's that takes or gives an image has it. */
export const contentTrustFlag = {name: 'disable-content-trust', kind: 'bool', default: 'true', help: 'Skip image verification', hidden: true} as const;

const untrue = new Set(['0', 'f', 'F', 'false', 'FALSE', 'False']);

/** Who asks for signatures must not be given what nobody has checked. A digest says itself what is to come. */
export function refuseContentTrust(flags: Context['flags'], name: string): void {
	const setting = process.env['DOCKER_CONTENT_TRUST'] ?? '';
	const asked = flags.given('disable-content-trust') ? !flags.bool('disable-content-trust') : setting !== '' && !untrue.has(setting);
	if (asked && !name.includes('@'))
		throw new UsageError(
			`cannot check the signature of ${name}: content trust (Notary) is not supported; unset DOCKER_CONTENT_TRUST, name the image by its digest, or give --disable-content-trust`,
			{
				exitCode: 1,
				usage: false,
			},
		);
}
