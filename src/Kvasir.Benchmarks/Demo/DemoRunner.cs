using Kvasir.Engine;
using Kvasir.Engine.Receipts;
using Kvasir.Engine.Requests;
using Kvasir.Models;

namespace Kvasir.Benchmarks.Demo;

/// <summary>
/// Reads a document once and asks questions about it, each with reuse and cold, and compares the bits of both runs by their receipts.
/// </summary>
/// <param name="engine">With its prefix cache on; stays the caller's.</param>
/// <param name="maxAnswerTokens">Most tokens of an answer.</param>
public sealed class DemoRunner(KvasirEngine engine, int maxAnswerTokens = 32)
{
    /// <summary>Runs the demo.</summary>
    /// <exception cref="ContextLengthException">Document and question do not fit the context.</exception>
    /// <exception cref="ArgumentException">There is no question.</exception>
    public async Task<DemoReport> RunAsync(DemoSet set, IDemoObserver? observer = null, CancellationToken cancellation = default)
    {
        if (set.Questions.Count == 0)
            throw new ArgumentException("there is no question to ask", nameof(set));
        var prompts = set.Questions.Select(question => Prompt(set.Document, question.Question)).ToArray();
        CheckLength(prompts);

        // What every question shares is where the prompts stay the same whatever follows the document.
        var shared = prompts.Append(Prompt(set.Document, "?")).Aggregate(CommonPrefix);
        observer?.Reading(shared.Length);
        var read = await AskAsync(shared, maxTokens: 1, reuse: true, cancellation).ConfigureAwait(false);
        observer?.Read(read.Statistics.TotalTime);

        var results = new List<DemoResult>();
        foreach (var question in set.Questions)
        {
            var prompt = prompts[results.Count];
            var reused = await AskAsync(prompt, maxAnswerTokens, reuse: true, cancellation).ConfigureAwait(false);
            observer?.Answered(results.Count + 1, question, ToRun(reused));
            var cold = await AskAsync(prompt, maxAnswerTokens, reuse: false, cancellation).ConfigureAwait(false);
            results.Add(new DemoResult(question, ToRun(cold), ToRun(reused), SameBits(cold.Receipt!, reused.Receipt!)));
            observer?.Compared(results.Count, results[^1]);
        }

        return new DemoReport(results, shared.Length, read.Statistics.TotalTime);
    }

    private int[] Prompt(string document, string question)
    {
        var text = $"{document}\n\n{question}";
        return engine.Model.ChatTemplate is null ? engine.Encode(text + "\n") : engine.EncodeChat([new ChatMessage("user", text)]);
    }

    private void CheckLength(int[][] prompts)
    {
        var longest = prompts.Max(prompt => prompt.Length);
        if (longest + maxAnswerTokens > engine.MaxContext)
        {
            throw new ContextLengthException(
                longest + maxAnswerTokens,
                engine.MaxContext,
                $"that is document, question and {maxAnswerTokens} tokens of answer; give a shorter document");
        }
    }

    private async Task<Answer> AskAsync(int[] prompt, int maxTokens, bool reuse, CancellationToken cancellation)
    {
        using var generation = engine.Submit(new GenerationRequest
        {
            Prompt = prompt,
            MaxTokens = maxTokens,
            UsePrefixCache = reuse,
            WantReceipt = true,
        });
        return await generation.Choices[0].CompleteAsync(cancellation).ConfigureAwait(false);
    }

    private static DemoRun ToRun(Answer answer) => new(
        answer.Text.Trim(), answer.Statistics.TimeToFirstToken, answer.Statistics.PromptTokens, answer.Statistics.ReusedTokens);

    private static bool SameBits(Receipt cold, Receipt reused) =>
        cold.LogitDigests.Count > 0 && cold.LogitDigests.SequenceEqual(reused.LogitDigests) && cold.Tokens.SequenceEqual(reused.Tokens);

    private static int[] CommonPrefix(int[] a, int[] b) => a[..a.AsSpan().CommonPrefixLength(b)];
}
