import type ts from 'typescript';
import type { Compiler } from './compiler.js';

/** In the order of the text, without recursion: long sums and call chains would overflow the stack. */
export function* nodesOf(compiler: Compiler, root: ts.Node): Generator<ts.Node> {
  const pending = [root];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    yield node;
    const children: ts.Node[] = [];
    compiler.forEachChild(node, child => void children.push(child));
    // A data file has more children than a call takes arguments.
    for (let i = children.length - 1; i >= 0; i--) pending.push(children[i]!);
  }
}
