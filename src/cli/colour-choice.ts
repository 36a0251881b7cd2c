import type { Command } from 'commander';

/** `--color` of the program, as a command's action sees it. */
export function colourChoice(command: Command): 'auto' | 'always' | 'never' {
  const { color } = command.optsWithGlobals<{ color?: string }>();
  return color === 'always' || color === 'never' ? color : 'auto';
}
