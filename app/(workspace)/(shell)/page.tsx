import { requireUser } from '../../_lib/server.ts';
import { AnnotatorHome } from './_components/annotator-home.tsx';
import { LoopOverview } from './_components/loop-overview.tsx';

export default async function HomePage() {
  const user = await requireUser();
  return user.role === 'admin' ? <LoopOverview /> : <AnnotatorHome />;
}
