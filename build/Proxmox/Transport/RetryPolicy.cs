using Foundation;
using Polly;
using Polly.Retry;

namespace Proxmox.Transport;

/// <summary>
/// Repeats calls that failed for a reason that may pass: no connection, no answer in time, or a gateway's status (502–504,
/// and 595–599, with which a Proxmox node says that it cannot reach another node). A call is repeated only when doing it twice does no
/// harm, or when it is certain that it never left.
/// </summary>
internal sealed class RetryPolicy
{
    private static readonly ResiliencePropertyKey<ApiCall> CallKey = new("call");
    private static readonly ResiliencePropertyKey<long> StartKey = new("start");

    private readonly ProxmoxClientOptions options;
    private readonly ResiliencePipeline pipeline;
    private volatile bool answered;

    public RetryPolicy(ProxmoxClientOptions options)
    {
        this.options = options;
        pipeline = new ResiliencePipelineBuilder { TimeProvider = options.Time }
            .AddRetry(new RetryStrategyOptions
            {
                MaxRetryAttempts = int.MaxValue,
                BackoffType = DelayBackoffType.Exponential,
                Delay = TimeSpan.FromMilliseconds(200),
                MaxDelay = TimeSpan.FromSeconds(5),
                UseJitter = true,
                ShouldHandle = arguments => ValueTask.FromResult(WorthRepeating(arguments.Context, arguments.Outcome.Exception)),
                OnRetry = Tell,
            })
            .Build();
    }

    /// <summary>Notes that the server is there, so that a later silence is taken for a pause.</summary>
    public void Answered() => answered = true;

    public async Task<T> RunAsync<T>(ApiCall call, Func<CancellationToken, Task<T>> attempt, CancellationToken cancellation)
    {
        var context = ResilienceContextPool.Shared.Get(cancellation);
        context.Properties.Set(CallKey, call);
        context.Properties.Set(StartKey, options.Time.GetTimestamp());
        try
        {
            return await pipeline.ExecuteAsync(async c => await attempt(c.CancellationToken), context);
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    private bool WorthRepeating(ResilienceContext context, Exception? error)
    {
        var call = context.Properties.GetValue(CallKey, null!);
        var elapsed = options.Time.GetElapsedTime(context.Properties.GetValue(StartKey, 0));
        return error is ProxmoxApiException { Transient: true } api
            && (call.Repeatable || api.NeverSent)
            && elapsed < (answered ? options.Patience : options.FirstPatience);
    }

    private ValueTask Tell(OnRetryArguments<object> arguments)
    {
        // The first time is worth a reader's attention; the rest is the same news.
        var level = arguments.AttemptNumber == 0 && answered ? EventLevel.Warning : EventLevel.Debug;
        options.Log?.Write("proxmox", level, $"Proxmox does not answer, trying again: {arguments.Outcome.Exception?.Message}");
        return ValueTask.CompletedTask;
    }
}
