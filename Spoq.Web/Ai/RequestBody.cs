using System.Buffers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.Features;
using Spoq.Core;
using Spoq.Core.Ai;
using Spoq.Infrastructure.Ai.Metering;
using Spoq.Infrastructure.Ai.Upstreams;

namespace Spoq.Web.Ai;

/// <summary>A body in one pooled piece. It goes back to the pool unless somebody may still look at it.</summary>
internal sealed class RequestBody : IDisposable
{
    public const int Most = 16 * 1024 * 1024;

    /// <summary>So much is believed of what the caller says it will send; for more it must send first.</summary>
    private const int FirstRent = 256 * 1024;

    private byte[] _bytes = [];
    private int _length;
    private bool _isOwn;
    private readonly List<UpstreamBody> _sent = new(1);

    public ReadOnlyMemory<byte> Bytes => _bytes.AsMemory(0, _length);

    public static RequestBody Of(JsonObject json)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(json);
        return new RequestBody { _bytes = bytes, _length = bytes.Length, _isOwn = true };
    }

    public async Task<Refusal?> ReadAsync(HttpContext http)
    {
        // Ours is held here; the server's own would cut the connection before the caller has read why.
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = null;
        }

        if (http.Request.ContentLength > Most)
        {
            return AiRefusals.BodyTooLarge;
        }

        var expected = (int)(http.Request.ContentLength ?? 4096);
        _bytes = ArrayPool<byte>.Shared.Rent(Math.Clamp(expected, 1, FirstRent));
        try
        {
            while (true)
            {
                var read = await http.Request.Body.ReadAsync(_bytes.AsMemory(_length), http.RequestAborted);
                if (read == 0)
                {
                    return null;
                }

                _length += read;
                if (_length > Most)
                {
                    return AiRefusals.BodyTooLarge;
                }

                if (_length == _bytes.Length && _length != http.Request.ContentLength)
                {
                    Grow();
                }
                else if (_length == http.Request.ContentLength)
                {
                    return null;
                }
            }
        }
        catch (BadHttpRequestException)
        {
            return AiRefusals.BodyCutOff;
        }
    }

    /// <summary>The same body with pieces replaced.</summary>
    public RequestBody With(Span<BodyEdit> edits)
    {
        var length = BodyEdits.LengthAfter(_length, edits);
        var edited = new RequestBody { _bytes = ArrayPool<byte>.Shared.Rent(length), _length = length };
        BodyEdits.Apply(Bytes.Span, edits, edited._bytes);
        return edited;
    }

    /// <summary>To be sent, once or to one upstream after the other.</summary>
    /// <param name="call">Is told when all of it has left; null: nothing is metered.</param>
    public UpstreamBody ToUpstream(MeteredCall? call = null)
    {
        var body = new UpstreamBody(Bytes) { Call = call };
        _sent.Add(body);
        return body;
    }

    public void Dispose()
    {
        if (!_isOwn && _bytes.Length > 0 && _sent.TrueForAll(body => body.IsFree))
        {
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = [];
            _length = 0;
        }
    }

    private void Grow()
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Min(_bytes.Length * 2, Most + 1));
        _bytes.AsSpan(0, _length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
    }
}
