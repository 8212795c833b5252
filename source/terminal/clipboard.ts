/** More is cut off or refused by most terminals: xterm's own bound in base64. */
const longest = 74_994;

/**
 * OSC 52: the terminal that somebody sits at puts the text into its clipboard, over any number of SSH lines. tmux and screen hand it on
 * only when it is wrapped. undefined: too long.
 */
export function clipboardSequence(text: string, env: Readonly<Record<string, string | undefined>>): string | undefined {
	const data = Buffer.from(text, 'utf8').toString('base64');
	if (data.length > longest) return undefined;
	const sequence = `\u001B]52;c;${data}\u0007`;
	if (env['TMUX']) return `\u001BPtmux;${sequence.replaceAll('\u001B', '\u001B\u001B')}\u001B\\`;
	// screen takes strings of at most 768 bytes.
	if (env['STY'] || env['TERM']?.startsWith('screen')) return (sequence.match(/[\s\S]{1,700}/g) ?? []).map(part => `\u001BP${part}\u001B\\`).join('');
	return sequence;
}
