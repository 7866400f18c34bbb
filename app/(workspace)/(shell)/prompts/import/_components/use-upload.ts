'use client';
// Sends a file to the server and says how much of it is there. XMLHttpRequest, since fetch tells nothing while it sends.
import { useEffect, useRef, useState } from 'react';
import type { Upload } from '../../../../../../domain/imports/options.ts';

export type UploadState =
  | { kind: 'none' }
  | { kind: 'sending'; fileName: string; sent: number; size: number }
  | { kind: 'sent'; upload: Upload }
  | { kind: 'failed'; message: string };

export function useUpload(projectId: string) {
  const [state, setState] = useState<UploadState>({ kind: 'none' });
  const current = useRef<XMLHttpRequest | null>(null);
  useEffect(() => () => current.current?.abort(), []);

  function send(fileName: string, content: Blob): void {
    current.current?.abort();
    const request = new XMLHttpRequest();
    current.current = request;
    const ifCurrent = (next: UploadState) => {
      if (current.current === request) setState(next);
    };
    request.upload.onprogress = ({ loaded }) =>
      ifCurrent({ kind: 'sending', fileName, sent: Math.min(loaded, content.size), size: content.size });
    request.onload = () => ifCurrent(outcomeOf(request, fileName));
    request.onerror = () => ifCurrent({ kind: 'failed', message: '' });
    request.open('POST', `/api/import?projectId=${projectId}`);
    request.setRequestHeader('content-type', 'application/octet-stream');
    request.send(content);
    setState({ kind: 'sending', fileName, sent: 0, size: content.size });
  }

  function reset(): void {
    current.current?.abort();
    current.current = null;
    setState({ kind: 'none' });
  }
  return { state, send, reset };
}

function outcomeOf({ responseText }: XMLHttpRequest, fileName: string): UploadState {
  let answer: { key?: unknown; error?: unknown } = {};
  try {
    answer = JSON.parse(responseText);
  } catch {
    // A proxy's page: the words below say that it failed.
  }
  if (typeof answer.key === 'string') return { kind: 'sent', upload: { key: answer.key, fileName } };
  return { kind: 'failed', message: typeof answer.error === 'string' ? answer.error : '' };
}
