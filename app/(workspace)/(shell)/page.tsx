import { openProject } from '../../_lib/server.ts';
import { AnnotatorHome } from './_components/annotator-home.tsx';
import { LoopOverview } from './_components/loop-overview.tsx';

export default async function HomePage() {
  return (await openProject())?.role === 'admin' ? <LoopOverview /> : <AnnotatorHome />;
}
