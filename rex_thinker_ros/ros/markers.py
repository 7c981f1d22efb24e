"""Pick points as markers for RViz."""

from __future__ import annotations

from std_msgs.msg import ColorRGBA, Header
from visualization_msgs.msg import Marker, MarkerArray

from rex_thinker_ros.answering.result import Result
from rex_thinker_ros.referring.pick_point import PickPoint

_LEAST_DIAMETER = 0.02  # metres; a smaller ball cannot be seen
_GREEN = ColorRGBA(r=0.1, g=0.8, b=0.2, a=0.9)
_WHITE = ColorRGBA(r=1.0, g=1.0, b=1.0, a=1.0)


def marker_message(result: Result) -> MarkerArray:
    """Return a ball and a label for every pick point, in place of those of earlier results.

    A ball is as wide as two standard deviations of the surface around its point, in metres.
    """
    header = result.looked.header if result.looked else Header()
    markers = [Marker(header=header, action=Marker.DELETEALL)]
    expression = result.command.expression if result.command else ""
    for number, point in result.pick_points:
        markers.append(_ball(header, number, point))
        markers.append(_label(header, number, point, f"{number}: {expression}"))
    return MarkerArray(markers=markers)


def _marker(header: Header, kind: int, name: str, number: int, point: PickPoint) -> Marker:
    marker = Marker(header=header, ns=name, id=number, type=kind, action=Marker.ADD)
    marker.pose.position.x, marker.pose.position.y, marker.pose.position.z = (
        point.x, point.y, point.z,
    )  # fmt: skip
    marker.pose.orientation.w = 1.0
    return marker


def _ball(header: Header, number: int, point: PickPoint) -> Marker:
    marker = _marker(header, Marker.SPHERE, "pick_point", number, point)
    marker.scale.x, marker.scale.y, marker.scale.z = (
        max(2 * deviation, _LEAST_DIAMETER) for deviation in point.spread
    )
    marker.color = _GREEN
    return marker


def _label(header: Header, number: int, point: PickPoint, text: str) -> Marker:
    marker = _marker(header, Marker.TEXT_VIEW_FACING, "label", number, point)
    marker.pose.position.y -= 2 * _LEAST_DIAMETER  # y points down
    marker.scale.z = 1.5 * _LEAST_DIAMETER
    marker.color, marker.text = _WHITE, text
    return marker
