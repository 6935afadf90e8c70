using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Spoq.Core;
using Spoq.Core.Ai;
using Spoq.Infrastructure.Ai.Limits;
using Spoq.Infrastructure.Ai.Metering;
using Spoq.Infrastructure.Ai.Upstreams;

namespace Spoq.Web.Ai;

/// <summary>
/// A body in one pooled piece, within the memory that all bodies share. The piece goes back to the pool unless somebody
/// may still look at it.
/// </summary>
internal sealed class RequestBody(BodyBudget budget) : IDisposable
{
    public const int Most = 16 * 1024 * 1024;

    /// <summary>So much is believed of what the caller says it will send; for more it must send first.</summary>
    private const int FirstRent = 256 * 1024;

    /// <summary>Kestrel ends a body that comes more slowly, so that nobody holds memory by sending next to nothing.</summary>
    private static readonly MinDataRate s_slowest = new(bytesPerSecond: 4096, gracePeriod: TimeSpan.FromSeconds(5));

    private readonly List<UpstreamBody> _sent = new(1);
    private byte[] _bytes = [];
    private int _length;
    private bool _isPooled = true;
    private long _charged;

    public ReadOnlyMemory<byte> Bytes => _bytes.AsMemory(0, _length);

    /// <summary>Before anything is refused: the server's own limit would cut the connection before the caller has read why.</summary>
    public static void LiftServersLimit(HttpContext http)
    {
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = null;
        }
    }

    public async Task<Refusal?> ReadAsync(HttpContext http)
    {
        var expected = http.Request.ContentLength;
        if (expected > Most)
        {
            return AiRefusals.BodyTooLarge;
        }

        if (HttpProtocol.IsHttp11(http.Request.Protocol) && http.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = s_slowest;
        }

        try
        {
            if (!await RoomAsync((int)Math.Clamp(expected ?? 4096, 1, FirstRent), http.RequestAborted))
            {
                return AiRefusals.BodiesFull;
            }

            while (true)
            {
                var read = await http.Request.Body.ReadAsync(_bytes.AsMemory(_length), http.RequestAborted);
                _length += read;
                if (read == 0 || _length == expected)
                {
                    return null;
                }

                if (_length == Most)
                {
                    return await http.Request.Body.ReadAsync(new byte[1], http.RequestAborted) == 0 ? null : AiRefusals.BodyTooLarge;
                }

                if (_length == _bytes.Length && !await RoomAsync(Math.Min(_length * 2, Most), http.RequestAborted))
                {
                    return AiRefusals.BodiesFull;
                }
            }
        }
        catch (Microsoft.AspNetCore.Http.BadHttpRequestException cut)
        {
            return cut.StatusCode == StatusCodes.Status408RequestTimeout ? AiRefusals.BodySlow : AiRefusals.BodyCutOff;
        }
    }

    /// <summary>Another body in place of this one, whole; its memory counts too.</summary>
    public RequestBody Of(JsonObject json)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(json);
        budget.Add(bytes.Length);
        return new RequestBody(budget) { _bytes = bytes, _length = bytes.Length, _isPooled = false, _charged = bytes.Length };
    }

    /// <summary>To be sent, once or to one upstream after the other.</summary>
    /// <param name="call">Is told when all of it has left; null: nothing is metered.</param>
    /// <param name="edits">What is replaced on the way.</param>
    public UpstreamBody ToUpstream(MeteredCall? call, params Span<BodyEdit> edits)
    {
        var body = new UpstreamBody(BodyEdits.Pieces(Bytes, edits)) { Call = call };
        _sent.Add(body);
        return body;
    }

    public void Dispose()
    {
        if (_isPooled && _bytes.Length > 0 && _sent.TrueForAll(body => body.IsFree))
        {
            budget.Return(_bytes);
        }

        _bytes = [];
        _length = 0;
        budget.Give(_charged);
        _charged = 0;
    }

    private async ValueTask<bool> RoomAsync(int length, CancellationToken cancellationToken)
    {
        // As the pool rounds up.
        var size = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(length, 16));
        var more = size - _bytes.Length;
        if (!await budget.TakeAsync(more, isMore: _bytes.Length > 0, cancellationToken))
        {
            return false;
        }

        _charged += more;
        var larger = budget.Rent(size);
        Bytes.Span.CopyTo(larger);
        if (_bytes.Length > 0)
        {
            budget.Return(_bytes);
        }

        _bytes = larger;
        return true;
    }
}
