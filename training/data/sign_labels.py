# SPDX-License-Identifier: Apache-2.0
"""What the classes of GTSRB are called among the street signals."""

# Classes of GTSRB that have a label of their own; the others are `other_sign`. 06 and 41 end a
# limit, so they are not speed limits.
LABEL_OF_CLASS = {
    **dict.fromkeys(('00', '01', '02', '03', '04', '05', '07', '08'), 'speed_limit'),
    '12': 'priority_road',
    '13': 'yield',
    '14': 'stop',
    '17': 'no_entry',
    '18': 'general_caution',
    '25': 'road_work',
    '27': 'pedestrians',
    '28': 'children_crossing',
    '29': 'bicycles_crossing',
}
OTHER = 'other_sign'
