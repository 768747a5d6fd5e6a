/** What is told of a training: asked for once a version of it, and fetched ahead where it can be. */
import {untilCame} from "./ahead";
import {askOnce} from "./asking";
import {readerVersion, versionOf} from "./listing";
import type {CurveData, HistogramData, LayerData, LayerKind, RulePage, Training} from "./wire";

export async function getTraining(name: string): Promise<Training> {
  await untilCame(name);
  return askOnce<Training>("run", {name}, versionOf(name));
}

export const getRule = (code: string): Promise<RulePage> =>
  askOnce<RulePage>("rule", {code}, readerVersion());

export const getCurve = (run: string, member: string, tag: string): Promise<CurveData> =>
  askOnce<CurveData>("curves", {run, member, tag}, versionOf(run));

export const getLayers = (run: string, kind: LayerKind): Promise<LayerData> =>
  askOnce<LayerData>("layers", {run, kind}, versionOf(run));

export const getHistograms = (run: string): Promise<HistogramData> =>
  askOnce<HistogramData>("histograms", {run}, versionOf(run));
